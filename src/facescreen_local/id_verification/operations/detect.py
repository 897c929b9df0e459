"""A detection, from its parameters to its verdict."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from facescreen_local.id_verification.context import RequestContext
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.operations import OPERATIONS, VERSION
from facescreen_local.id_verification.operations.download import download
from facescreen_local.id_verification.operations.parameters import (
    ANY_WAY,
    URL_OR_INLINE,
    Material,
    material,
)
from facescreen_local.id_verification.store.calls import Call

RISK_SCORE = "0.96"
"""Of every risk tag, whatever the risk (face-deepfake.txt, "Response parameters")."""


@OPERATIONS.register("POST", VERSION, "DeepfakeDetectIntl", name="DeepfakeDetectIntl")
async def deepfake_detect_intl(context: RequestContext) -> web.Response:
    """Its parameters may be anywhere."""
    return await _detect(context, context.parameters.anywhere, URL_OR_INLINE)


@OPERATIONS.register("POST", VERSION, "DeepfakeDetectIntlStream", name="DeepfakeDetectIntlStream")
async def deepfake_detect_intl_stream(context: RequestContext) -> web.Response:
    """Of the form alone: a presigned URL in this operation's query is a client's mistake."""
    return await _detect(context, context.parameters.form, ANY_WAY)


async def _detect(
    context: RequestContext, given: Mapping[str, str], ways: tuple[str, ...]
) -> web.Response:
    """Judge what was sent, and record the call however it ends. `ways`: see material."""
    came = time.time()
    call = Call.at(came, context.operation, given)
    try:
        if not context.calls.admit(context.operation, context.quota, came):
            raise IdVerificationError("Throttling.Api", "The API call is blocked by throttling.")
        result = await _judge(context, material(given, ways))
    except IdVerificationError as refusal:
        context.calls.add(call.answered(refusal.code))
        raise
    context.calls.add(call.answered("Success"))
    return context.success(ResultObject=result)


async def _judge(context: RequestContext, sent: Material) -> dict[str, Any]:
    """Look for a good face, and ask the analyzer. Raises IdVerificationError."""
    content = await _content(context, sent)
    check = context.examination.pass_or_refuse
    await asyncio.to_thread(check, content, is_video=sent.is_video)
    analysis = await asyncio.to_thread(context.analyzer.analyze, content)
    return {
        "Result": analysis.result,
        "RiskTag": ",".join(analysis.risk_tags),
        "RiskScore": dict.fromkeys(analysis.risk_tags, RISK_SCORE),
        "TransactionId": f"local-stand-in-{uuid.uuid4().hex}",
    }


async def _content(context: RequestContext, sent: Material) -> bytes:
    if sent.content is not None:
        return sent.content
    if sent.file_url:
        return context.uploads.file(sent.file_url)
    return await download(context.session, sent.url, context.download_timeout_s)
