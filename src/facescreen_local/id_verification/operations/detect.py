"""The two detection operations, from parameters to verdict."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from facescreen_local.id_verification.context import IdVerificationRequestContext
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.operations import DETECT_API_VERSION, OPERATIONS
from facescreen_local.id_verification.operations.download import download
from facescreen_local.id_verification.operations.parameters import (
    DETECT_SOURCES,
    STREAM_SOURCES,
    DetectInput,
    parse_detect_input,
)
from facescreen_local.id_verification.store.calls import DetectionCall

RISK_TAG_SCORE = "0.96"
"""The score of every risk tag (face-deepfake.txt, "Response parameters")."""


@OPERATIONS.register("POST", DETECT_API_VERSION, "DeepfakeDetectIntl", name="DeepfakeDetectIntl")
async def deepfake_detect_intl(context: IdVerificationRequestContext) -> web.Response:
    """Detect with parameters from the query and the form."""
    return await _detect(context, context.parameters.merged, DETECT_SOURCES)


@OPERATIONS.register(
    "POST", DETECT_API_VERSION, "DeepfakeDetectIntlStream", name="DeepfakeDetectIntlStream"
)
async def deepfake_detect_intl_stream(context: IdVerificationRequestContext) -> web.Response:
    """Detect with parameters from the form only: a presigned URL in this operation's query is a
    mistake of the client."""
    return await _detect(context, context.parameters.form, STREAM_SOURCES)


async def _detect(
    context: IdVerificationRequestContext, parameters: Mapping[str, str], sources: tuple[str, ...]
) -> web.Response:
    """Check and judge the input, and record the call with its outcome.

    `sources`: see parse_detect_input.
    """
    received_at = time.time()
    call = DetectionCall.from_parameters(
        received_at, context.operation, parameters, context.request_id
    )
    try:
        if not context.calls.allow(context.operation, context.quota, received_at):
            raise IdVerificationError("Throttling.Api", "The API call is blocked by throttling.")
        detect_input = parse_detect_input(parameters, sources)
        content = await _read_content(context, detect_input)
        call = call.with_content(content)
        result = await _analyze_content(context, content, is_video=detect_input.is_video)
    except IdVerificationError as error:
        context.calls.add(call.with_answer(error.code, disturbed=context.is_disturbed()))
        raise
    is_disturbed = context.is_disturbed()
    context.calls.add(call.with_answer("Success", result["Result"], disturbed=is_disturbed))
    return context.build_success_response(ResultObject=result)


async def _analyze_content(
    context: IdVerificationRequestContext, content: bytes, *, is_video: bool
) -> dict[str, Any]:
    """Check for a good face and ask the analyzer. Raises IdVerificationError."""
    check = context.face_checker.check
    await asyncio.to_thread(check, content, is_video=is_video)
    analysis = await asyncio.to_thread(context.analyzer.analyze, content)
    return {
        "Result": analysis.result,
        "RiskTag": ",".join(analysis.risk_tags),
        "RiskScore": dict.fromkeys(analysis.risk_tags, RISK_TAG_SCORE),
        "TransactionId": f"local-stand-in-{uuid.uuid4().hex}",
    }


async def _read_content(context: IdVerificationRequestContext, detect_input: DetectInput) -> bytes:
    if detect_input.content is not None:
        return detect_input.content
    if detect_input.file_url:
        return context.uploads.find_file(detect_input.file_url)
    return await download(context.session, detect_input.url, context.download_timeout_s)
