"""ID Verification on loopback, as on the wire: DeepfakeDetectIntl, DeepfakeDetectIntlStream,
KeepaliveIntl, and the AuthorizeFileUpload that a file needs first."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from facescreen.deepfake.response import STAND_IN_HEADER
from facescreen_local.auth.account import Identity
from facescreen_local.id_verification.errors import GATEWAY_STATUS, SERVICE_STATUS, Refusal
from facescreen_local.id_verification.gateway import Gateway, Parameters
from facescreen_local.id_verification.operations.authorize_upload import UploadService
from facescreen_local.id_verification.operations.detect import Detections
from facescreen_local.id_verification.operations.parameters import (
    ANY_WAY,
    LARGEST_INLINE,
    URL_OR_INLINE,
)
from facescreen_local.id_verification.store.calls import Call
from facescreen_local.id_verification.verdicts import Analyzer, ScriptedAnalyzer
from facescreen_local.protocol.service import Service

VERSION = "2022-08-09"
UPLOAD_VERSION = "2019-12-19"
STAND_IN = "local stand-in: not a forgery detector"
_LARGEST_BODY = 4 * LARGEST_INLINE + 64 * 1024
"""Base64 makes four bytes of three, and percent-encoding at worst three of each of those; the rest
is for the other parameters."""


@dataclass(frozen=True)
class _Action:
    version: str
    method: str
    perform: Callable[[Parameters], Awaitable[dict[str, Any]]]


class CloudauthService(Service):
    """Downloads or takes in, looks for a good face, and gives the verdict of its analyzer.

    `data` may hold ``verdicts.json`` (see ScriptedAnalyzer); ``cloudauth`` in it is for the
    certificate of `uploads`. Scripted errors of `behaviour` take their HTTP status from the page
    where it has the code; the Forbidden ones are never given otherwise, for here the account is in
    order and every key may call.
    """

    def __init__(
        self,
        identity: Identity,
        data: Path,
        analyzer: Analyzer | None = None,
        download_timeout_s: float = 5,
    ) -> None:
        super().__init__()
        self.uploads = UploadService(data / "cloudauth")
        self._gateway = Gateway(identity)
        self._detections = Detections(
            analyzer or ScriptedAnalyzer(data / "verdicts.json"), self.uploads, download_timeout_s
        )
        self._actions = {
            "DeepfakeDetectIntl": _Action(VERSION, "POST", self._detect),
            "DeepfakeDetectIntlStream": _Action(VERSION, "POST", self._detect_stream),
            "KeepaliveIntl": _Action(VERSION, "POST", self._keep_alive),
            "AuthorizeFileUpload": _Action(UPLOAD_VERSION, "GET", self._authorize_upload),
        }

    @property
    def ca_file(self) -> Path:
        """The certificate that clients must trust to upload a file, once started."""
        return self.uploads.ca_file

    @property
    def calls(self) -> list[Call]:
        """Every detection answered since the last reset, the oldest first."""
        return list(self._detections.calls)

    def reset(self) -> None:
        """Forgets the calls, those that count against the quota too."""
        self._detections.reset()

    async def start(self, at: int | socket.socket = 0) -> None:
        await self.uploads.start()
        await self._detections.start()
        await super().start(at)

    async def stop(self) -> None:
        await super().stop()
        await self._detections.stop()
        await self.uploads.stop()

    def operation(self, request: web.BaseRequest) -> str:
        return request.headers.get("x-acs-action", "")

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            perform = self._routed(request)
            answer = await perform(self._gateway.admit(request, await _body(request)))
        except Refusal as refusal:
            return self.error(500, refusal.code, str(refusal), request_id)
        return _json(200, {"RequestId": request_id, **answer})

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        body = {"RequestId": request_id, "Code": code, "Message": message}
        if code in GATEWAY_STATUS:
            host = self.url.partition("://")[2]
            return _json(GATEWAY_STATUS[code], {**body, "HostId": host})
        return _json(SERVICE_STATUS.get(code, status), body)

    def _routed(
        self, request: web.BaseRequest
    ) -> Callable[[Parameters], Awaitable[dict[str, Any]]]:
        path = request.raw_path.partition("?")[0]
        action = self._actions.get(self.operation(request))
        asked = (request.headers.get("x-acs-version"), request.method, path)
        if action is None or asked != (action.version, action.method, "/"):
            text = "Specified api is not found, please check your url and method."
            raise Refusal("InvalidAction.NotFound", text)
        return action.perform

    async def _keep_alive(self, _: Parameters) -> dict[str, Any]:
        return _success(Result={"Result": "SUCCESS"})

    async def _detect(self, given: Parameters) -> dict[str, Any]:
        result = await self._detections.answer(
            "DeepfakeDetectIntl", given.anywhere, URL_OR_INLINE, self.behaviour.quota
        )
        return _success(ResultObject=result)

    async def _detect_stream(self, given: Parameters) -> dict[str, Any]:
        """Of the form alone: a presigned URL in this operation's query is a client's mistake."""
        result = await self._detections.answer(
            "DeepfakeDetectIntlStream", given.form, ANY_WAY, self.behaviour.quota
        )
        return _success(ResultObject=result)

    async def _authorize_upload(self, given: Parameters) -> dict[str, Any]:
        """The real service answers this at openplatform.aliyuncs.com."""
        product = given.query.get("Product", "")
        if not product:
            raise Refusal("MissingParameter", "Product cannot be empty.")
        if product != "Cloudauth-intl":
            raise Refusal("InvalidParameter", "Product is invalid: only Cloudauth-intl is here.")
        return self.uploads.permission()


def _success(**result: dict[str, Any]) -> dict[str, Any]:
    return {"Code": "Success", "Message": "success", **result}


async def _body(request: web.BaseRequest) -> bytes:
    """Read here, for aiohttp's own reading stops at 1 MB."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise Refusal("ToolargeImage", "The request is too large: send a URL.")
    return bytes(body)


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(body, status=status, headers={STAND_IN_HEADER: STAND_IN})
