"""KeepaliveIntl, which keeps a connection open between detections."""

from __future__ import annotations

from aiohttp import web

from facescreen_local.id_verification.context import IdVerificationRequestContext
from facescreen_local.id_verification.operations import DETECT_API_VERSION, OPERATIONS


@OPERATIONS.register("POST", DETECT_API_VERSION, "KeepaliveIntl", name="KeepaliveIntl")
async def keepalive_intl(context: IdVerificationRequestContext) -> web.Response:
    """Do nothing."""
    return context.build_success_response(Result={"Result": "SUCCESS"})
