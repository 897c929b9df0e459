"""The address of the function that has an HTTP trigger in s.yaml."""

from __future__ import annotations

import asyncio

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.auth.acs3 import BODY_HASH_HEADER, Acs3Authenticator, check_body_hash
from facescreen_local.fc.errors import ERRORS, REQUEST_ID, FcError, response, to_refused
from facescreen_local.fc.functions import Functions
from facescreen_local.fc.http_trigger.event import event_of
from facescreen_local.fc.http_trigger.response import answer_of
from facescreen_local.fc.store.event import Event
from facescreen_local.protocol.body import BodyTooLargeError, read_body
from facescreen_local.protocol.request import RequestHead, read_head
from facescreen_local.protocol.service import Service

_LARGEST_PATH = 4 * 1024
_LARGEST_HEADERS = 8 * 1024
_MAX_BODY_BYTES = 32 * 1024 * 1024


class HttpTriggerService(Service):
    """Takes every path, and always invokes the function synchronously.

    The limits are those of the vendor's page "Web functions"; there a body that is too large is
    a 400 as well.
    """

    def __init__(self, identity: Identity, functions: Functions) -> None:
        """One of the functions must have an HTTP trigger."""
        super().__init__()
        self.longest_body_s = 60.0
        """How long a request's body may be on its way."""
        self.kill_instances = functions.kill_busy
        self._account_id = identity.account_id
        self._authenticator = Acs3Authenticator(
            identity, ["x-acs-date"], allow_fractional_seconds=True
        )
        self._functions = functions
        [(self._function, self._trigger)] = [
            (deployment.function.name, deployment.function.http_trigger)
            for deployment in functions.deployed
            if deployment.function.http_trigger is not None
        ]

    def operation_name(self, request: web.BaseRequest) -> str:
        return request.method

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            payload = await self._event(request, request_id)
            result = await self._functions.invoke(
                self._function, Event("http", payload, request_id)
            )
            answer = answer_of(result)
        except ERRORS as raised:
            refused = to_refused(raised)
            refusal = self.error_response(refused.status, refused.code, refused.message, request_id)
            if refused.status == 405:
                refusal.headers["Allow"] = ", ".join(self._trigger.methods)
            return refusal
        answer.headers[REQUEST_ID] = request_id
        return answer

    def error_response(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        told = {"RequestId": request_id, "Code": code, "Message": message}
        return response(status, told, request_id)

    async def _event(self, request: web.BaseRequest, request_id: str) -> bytes:
        head = read_head(request)
        if head.method not in self._trigger.methods:
            # UNCONFIRMED: the status and the code.
            message = f"the trigger takes {', '.join(self._trigger.methods)}"
            raise FcError(405, "MethodNotAllowed", message)
        signed = self._trigger.auth_type == "function"
        if signed:
            self._check_signature(head)
        _check_size(head)
        body = await self._body(request)
        if signed:
            check_body_hash(head.headers, body)
        return event_of(request, body, self._account_id, request_id)

    async def _body(self, request: web.BaseRequest) -> bytes:
        try:
            return await asyncio.wait_for(read_body(request, _MAX_BODY_BYTES), self.longest_body_s)
        except BodyTooLargeError as error:
            refused = to_refused(error)
            raise FcError(413, refused.code, refused.message) from error
        except asyncio.TimeoutError as error:
            # UNCONFIRMED: the status, the code, and how long.
            message = f"the body did not come whole in {self.longest_body_s:g} s"
            raise FcError(408, "RequestTimeout", message) from error

    def _check_signature(self, head: RequestHead) -> None:
        """The scheme: the vendor's page "Configure signature authentication for HTTP triggers",
        whose samples need to sign no more than the date, and write ``$`` in the path as ``%24``.
        """
        path = head.path.replace("$", "%24")
        self._authenticator.authenticate(
            head.method, path, head.query, head.headers, head.headers.get(BODY_HASH_HEADER, "")
        )


def _check_size(head: RequestHead) -> None:
    if len(head.path) + len(head.query) > _LARGEST_PATH:
        raise FcError(400, "InvalidArgument", f"the path exceeds {_LARGEST_PATH} bytes")
    if sum(len(name) + len(value) for name, value in head.headers.items()) > _LARGEST_HEADERS:
        raise FcError(400, "InvalidArgument", f"the headers exceed {_LARGEST_HEADERS} bytes")
