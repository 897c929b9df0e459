"""The ID Verification service: authenticates each request and calls its operation."""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.id_verification import operations
from facescreen_local.id_verification.context import IdVerificationRequestContext, json_response
from facescreen_local.id_verification.errors import (
    GATEWAY_STATUS_BY_CODE,
    REQUEST_ERRORS,
    SERVICE_STATUS_BY_CODE,
    IdVerificationError,
    to_id_verification_error,
)
from facescreen_local.id_verification.gateway import ApiGateway
from facescreen_local.id_verification.limits import MAX_INLINE_BYTES
from facescreen_local.id_verification.media.checks import FaceChecker
from facescreen_local.id_verification.media.faces import FaceDetector
from facescreen_local.id_verification.operations import OPERATIONS
from facescreen_local.id_verification.store.calls import CallLog, DetectionCall
from facescreen_local.id_verification.uploads import UploadService
from facescreen_local.id_verification.verdicts import FaceAnalyzer, ScriptedAnalyzer
from facescreen_local.protocol.body import read_body
from facescreen_local.protocol.operations import import_operations
from facescreen_local.protocol.request import read_head
from facescreen_local.protocol.service import SCRIPTED_FAULT, Service

_MAX_BODY_BYTES = 4 * MAX_INLINE_BYTES + 64 * 1024
"""Base64 turns three bytes into four, and percent-encoding turns each into at most three; the rest
is for the other parameters."""

import_operations(operations)


class IdVerificationService(Service):
    """Receives or downloads a file, checks that it shows a good face, and returns its analyzer's
    verdict.

    The folder `data` can contain ``verdicts.json`` (see ScriptedAnalyzer); ``cloudauth`` in it is
    for the log of calls and the certificate of `uploads`. Scripted errors of `behaviour` get the
    documented HTTP status, if their code has one; the Forbidden codes occur only there, because
    every key may call.
    """

    def __init__(
        self,
        account: LocalAccount,
        data: Path,
        analyzer: FaceAnalyzer | None = None,
        download_timeout_s: float = 5,
    ) -> None:
        super().__init__()
        self.uploads = UploadService(data / "cloudauth")
        self._calls = CallLog(data / "cloudauth" / "calls.jsonl")
        self._gateway = ApiGateway(account)
        self._face_checker = FaceChecker(FaceDetector())
        self._analyzer = analyzer or ScriptedAnalyzer(data / "verdicts.json")
        self._download_timeout_s = download_timeout_s

    @property
    def ca_file(self) -> Path:
        """The CA certificate that clients must trust to upload a file; exists once started."""
        return self.uploads.ca_file

    @property
    def calls(self) -> list[DetectionCall]:
        """Every detection call since the last reset, the oldest first."""
        return self._calls.calls

    def reset(self) -> None:
        """Clear the calls, including those that count against the quota."""
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

    def get_operation_name(self, request: web.BaseRequest) -> str:
        return request.headers.get("x-acs-action", "")

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            return await self._dispatch(request, request_id)
        except REQUEST_ERRORS as raised_error:
            error = to_id_verification_error(raised_error)
            return self.build_error_response(500, error.code, str(error), request_id)

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        body = {"RequestId": request_id, "Code": code, "Message": message}
        if code in GATEWAY_STATUS_BY_CODE:
            host = self.url.partition("://")[2]
            return json_response(GATEWAY_STATUS_BY_CODE[code], {**body, "HostId": host})
        return json_response(SERVICE_STATUS_BY_CODE.get(code, status), body)

    async def _dispatch(self, request: web.BaseRequest, request_id: str) -> web.Response:
        head = read_head(request)
        version = head.headers.get("x-acs-version", "")
        operation = OPERATIONS.find(head.method, version, self.get_operation_name(request))
        if operation is None or head.path != "/":
            message = "Specified api is not found, please check your url and method."
            raise IdVerificationError("InvalidAction.NotFound", message)
        parameters = self._gateway.authenticate(head, await read_body(request, _MAX_BODY_BYTES))
        return await operation.perform(
            IdVerificationRequestContext(
                operation=operation.name,
                parameters=parameters,
                request_id=request_id,
                is_disturbed=partial(_is_disturbed, request),
                quota=self.behaviour.quota,
                calls=self._calls,
                uploads=self.uploads,
                face_checker=self._face_checker,
                analyzer=self._analyzer,
                session=self._session,
                download_timeout_s=self._download_timeout_s,
            )
        )


def _is_disturbed(request: web.BaseRequest) -> bool:
    transport = request.transport
    return SCRIPTED_FAULT in request or transport is None or transport.is_closing()
