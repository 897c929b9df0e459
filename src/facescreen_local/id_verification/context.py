"""One request on its way through an operation, and what every operation needs for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from facescreen.deepfake.response import EMULATOR_HEADER
from facescreen_local.id_verification.media.checks import Examination
from facescreen_local.id_verification.request import Parameters
from facescreen_local.id_verification.store.calls import Calls
from facescreen_local.id_verification.uploads import UploadService
from facescreen_local.id_verification.verdicts import Analyzer

STAND_IN = "local stand-in: not a forgery detector"


@dataclass(frozen=True)
class RequestContext:
    """A request that the gateway let in."""

    operation: str
    parameters: Parameters
    request_id: str
    quota: float | None
    """How many calls of the operation a second; None means no limit."""
    calls: Calls
    uploads: UploadService
    examination: Examination
    analyzer: Analyzer
    session: aiohttp.ClientSession
    """For what is downloaded, which may take `download_timeout_s`."""
    download_timeout_s: float

    def response(self, answer: dict[str, Any]) -> web.Response:
        """200 with an answer."""
        return json_response(200, {"RequestId": self.request_id, **answer})

    def success(self, **result: dict[str, Any]) -> web.Response:
        """200 as the service itself, and not the platform before it, answers."""
        return self.response({"Code": "Success", "Message": "success", **result})


def json_response(status: int, body: dict[str, Any]) -> web.Response:
    """A document, marked as a stand-in's."""
    return web.json_response(body, status=status, headers={EMULATOR_HEADER: STAND_IN})
