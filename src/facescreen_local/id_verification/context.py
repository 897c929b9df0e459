"""The context that every operation is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from facescreen.deepfake.response import EMULATOR_HEADER
from facescreen_local.id_verification.media.checks import FaceChecker
from facescreen_local.id_verification.request import RequestParameters
from facescreen_local.id_verification.store.calls import CallLog
from facescreen_local.id_verification.uploads import UploadService
from facescreen_local.id_verification.verdicts import FaceAnalyzer

EMULATOR_NOTICE = "local stand-in: not a forgery detector"


@dataclass(frozen=True)
class IdVerificationRequestContext:
    """A request that the gateway has authenticated."""

    operation: str
    parameters: RequestParameters
    request_id: str
    is_disturbed: Callable[[], bool]
    """Whether a scripted fault delays or replaces the response, or the client has closed the
    connection."""
    quota: float | None
    """Calls per second of the operation; None means no limit."""
    calls: CallLog
    uploads: UploadService
    face_checker: FaceChecker
    analyzer: FaceAnalyzer
    session: aiohttp.ClientSession
    """For downloads, each with a timeout of `download_timeout_s`."""
    download_timeout_s: float

    def build_response(self, fields: dict[str, Any]) -> web.Response:
        """A 200 response with these fields and the request id."""
        return json_response(200, {"RequestId": self.request_id, **fields})

    def build_success_response(self, **result: dict[str, Any]) -> web.Response:
        """A 200 response of the service itself, with Code and Message."""
        return self.build_response({"Code": "Success", "Message": "success", **result})


def json_response(status: int, body: dict[str, Any]) -> web.Response:
    """A JSON response, marked by a header as the emulator's."""
    return web.json_response(body, status=status, headers={EMULATOR_HEADER: EMULATOR_NOTICE})
