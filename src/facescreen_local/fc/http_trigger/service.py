"""The HTTP trigger's service: invokes the function that has an HTTP trigger in s.yaml."""

from __future__ import annotations

import asyncio

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.acs3 import BODY_HASH_HEADER, Acs3Authenticator, check_body_hash
from facescreen_local.fc.errors import (
    REQUEST_ERRORS,
    REQUEST_ID_HEADER,
    FcError,
    build_error_response,
    to_fc_error,
)
from facescreen_local.fc.functions import DeployedFunctions
from facescreen_local.fc.http_trigger.event import build_event
from facescreen_local.fc.http_trigger.response import build_response
from facescreen_local.fc.store.event import FunctionEvent
from facescreen_local.protocol.body import BodyTooLargeError, read_body
from facescreen_local.protocol.request import RequestHead, read_head
from facescreen_local.protocol.service import Service

_MAX_PATH_BYTES = 4 * 1024
_MAX_HEADERS_BYTES = 8 * 1024
_MAX_BODY_BYTES = 32 * 1024 * 1024


class HttpTriggerService(Service):
    """Accepts every path and always invokes the function synchronously.

    The limits are from the vendor's page "Web functions", which also documents 400 for a body that
    is too large.
    """

    def __init__(self, account: LocalAccount, functions: DeployedFunctions) -> None:
        """Exactly one of the functions must have an HTTP trigger."""
        super().__init__()
        self.body_timeout_s = 60.0
        """How long a client may take to send a request's body."""
        self.kill_instances = functions.kill_busy_instances
        self._account_id = account.account_id
        self._authenticator = Acs3Authenticator(
            account, ["x-acs-date"], allow_fractional_seconds=True
        )
        self._functions = functions
        [(self._function, self._trigger)] = [
            (deployed_function.function.name, deployed_function.function.http_trigger)
            for deployed_function in functions.all_functions
            if deployed_function.function.http_trigger is not None
        ]

    def get_operation_name(self, request: web.BaseRequest) -> str:
        return request.method

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            payload = await self._build_event(request, request_id)
            result = await self._functions.invoke(
                self._function, FunctionEvent("http", payload, request_id)
            )
            response = build_response(result)
        except REQUEST_ERRORS as raised_error:
            error = to_fc_error(raised_error)
            response = self.build_error_response(
                error.status, error.code, error.message, request_id
            )
            if error.status == 405:
                response.headers["Allow"] = ", ".join(self._trigger.methods)
            return response
        response.headers[REQUEST_ID_HEADER] = request_id
        return response

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        body = {"RequestId": request_id, "Code": code, "Message": message}
        return build_error_response(status, body, request_id)

    async def _build_event(self, request: web.BaseRequest, request_id: str) -> bytes:
        head = read_head(request)
        if head.method not in self._trigger.methods:
            # UNCONFIRMED: the status and the code.
            message = f"the trigger accepts {', '.join(self._trigger.methods)}"
            raise FcError(405, "MethodNotAllowed", message)
        must_be_signed = self._trigger.auth_type == "function"
        if must_be_signed:
            self._check_signature(head)
        _check_size(head)
        body = await self._read_body(request)
        if must_be_signed:
            check_body_hash(head.headers, body)
        return build_event(request, body, self._account_id, request_id)

    async def _read_body(self, request: web.BaseRequest) -> bytes:
        try:
            return await asyncio.wait_for(read_body(request, _MAX_BODY_BYTES), self.body_timeout_s)
        except BodyTooLargeError as error:
            fc_error = to_fc_error(error)
            raise FcError(413, fc_error.code, fc_error.message) from error
        except asyncio.TimeoutError as error:
            # UNCONFIRMED: the status, the code and the timeout.
            message = f"the body was not complete after {self.body_timeout_s:g} s"
            raise FcError(408, "RequestTimeout", message) from error

    def _check_signature(self, head: RequestHead) -> None:
        """Check the signature as in the vendor's page "Configure signature authentication for HTTP
        triggers", whose samples sign only the date and encode ``$`` in the path as ``%24``."""
        path = head.path.replace("$", "%24")
        self._authenticator.authenticate(
            head.method, path, head.query, head.headers, head.headers.get(BODY_HASH_HEADER, "")
        )


def _check_size(head: RequestHead) -> None:
    if len(head.path) + len(head.query) > _MAX_PATH_BYTES:
        raise FcError(400, "InvalidArgument", f"the path exceeds {_MAX_PATH_BYTES} bytes")
    if sum(len(name) + len(value) for name, value in head.headers.items()) > _MAX_HEADERS_BYTES:
        raise FcError(400, "InvalidArgument", f"the headers exceed {_MAX_HEADERS_BYTES} bytes")
