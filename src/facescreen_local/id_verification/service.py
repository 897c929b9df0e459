"""The ID Verification service: lets each request through the gateway and hands it to its
operation."""

from __future__ import annotations

import socket
from pathlib import Path

import aiohttp
from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.id_verification import operations
from facescreen_local.id_verification.context import RequestContext, json_response
from facescreen_local.id_verification.errors import (
    ERRORS,
    GATEWAY_STATUS,
    SERVICE_STATUS,
    IdVerificationError,
    to_refusal,
)
from facescreen_local.id_verification.gateway import Gateway
from facescreen_local.id_verification.limits import LARGEST_INLINE
from facescreen_local.id_verification.media.checks import Examination
from facescreen_local.id_verification.media.faces import FaceDetector
from facescreen_local.id_verification.operations import OPERATIONS
from facescreen_local.id_verification.store.calls import Call, Calls
from facescreen_local.id_verification.uploads import UploadService
from facescreen_local.id_verification.verdicts import Analyzer, ScriptedAnalyzer
from facescreen_local.protocol.body import read_body
from facescreen_local.protocol.operations import import_operations
from facescreen_local.protocol.request import read_head
from facescreen_local.protocol.service import Service

_LARGEST_BODY = 4 * LARGEST_INLINE + 64 * 1024
"""Base64 makes four bytes of three, and percent-encoding at worst three of each of those; the rest
is for the other parameters."""

import_operations(operations)


class IdVerificationService(Service):
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
        self._calls = Calls()
        self._gateway = Gateway(identity)
        self._examination = Examination(FaceDetector())
        self._analyzer = analyzer or ScriptedAnalyzer(data / "verdicts.json")
        self._download_timeout_s = download_timeout_s

    @property
    def ca_file(self) -> Path:
        """The certificate that clients must trust to upload a file, once started."""
        return self.uploads.ca_file

    @property
    def calls(self) -> list[Call]:
        """Every detection answered since the last reset, the oldest first."""
        return list(self._calls.answered)

    def reset(self) -> None:
        """Forgets the calls, those that count against the quota too."""
        self._calls.reset()

    async def start(self, port_or_socket: int | socket.socket = 0) -> None:
        await self.uploads.start()
        self._session = aiohttp.ClientSession(
            auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        await super().start(port_or_socket)

    async def stop(self) -> None:
        await super().stop()
        await self._session.close()
        await self.uploads.stop()

    def operation_name(self, request: web.BaseRequest) -> str:
        return request.headers.get("x-acs-action", "")

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            return await self._dispatch(request, request_id)
        except ERRORS as raised:
            refusal = to_refusal(raised)
            return self.error_response(500, refusal.code, str(refusal), request_id)

    def error_response(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        body = {"RequestId": request_id, "Code": code, "Message": message}
        if code in GATEWAY_STATUS:
            host = self.url.partition("://")[2]
            return json_response(GATEWAY_STATUS[code], {**body, "HostId": host})
        return json_response(SERVICE_STATUS.get(code, status), body)

    async def _dispatch(self, request: web.BaseRequest, request_id: str) -> web.Response:
        head = read_head(request)
        version = head.headers.get("x-acs-version", "")
        operation = OPERATIONS.find(head.method, version, self.operation_name(request))
        if operation is None or head.path != "/":
            text = "Specified api is not found, please check your url and method."
            raise IdVerificationError("InvalidAction.NotFound", text)
        parameters = self._gateway.admit(head, await read_body(request, _LARGEST_BODY))
        return await operation.perform(
            RequestContext(
                operation=operation.name,
                parameters=parameters,
                request_id=request_id,
                quota=self.behaviour.quota,
                calls=self._calls,
                uploads=self.uploads,
                examination=self._examination,
                analyzer=self._analyzer,
                session=self._session,
                download_timeout_s=self._download_timeout_s,
            )
        )
