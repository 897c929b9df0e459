"""The Function Compute service: authenticates each request and hands it to its operation."""

from __future__ import annotations

import socket

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.fc import operations
from facescreen_local.fc.api import Api, Fc2Api, Fc3Api, is_fc2
from facescreen_local.fc.context import RequestContext
from facescreen_local.fc.errors import ERRORS, REQUEST_ID, FcError, response, to_refused
from facescreen_local.fc.functions import Functions
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.protocol.operations import load
from facescreen_local.protocol.request import Head, head_of
from facescreen_local.protocol.service import Service

load(operations)


class FcService(Service):
    """The API of FC 3.0, and what the SDK aliyun-fc2 needs of that of FC 2.0.

    `functions` run as long as the service does.
    """

    def __init__(self, identity: Identity, functions: Functions) -> None:
        super().__init__()
        self.functions = functions
        self.kill_instances = functions.kill_busy
        self._fc3, self._fc2 = Fc3Api(identity), Fc2Api(identity)

    async def start(self, at: int | socket.socket = 0) -> None:
        await super().start(at)
        self.functions.start()

    async def stop(self) -> None:
        # Synchronous callers get their error before they would hold the server open.
        await self.functions.stop()
        await super().stop()
        await self.functions.close()

    def operation(self, request: web.BaseRequest) -> str:
        head = head_of(request)
        target = self._api(head).target(head)
        operation = OPERATIONS.find(head.method, target.resource)
        return operation.name if operation else "Unknown"

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        head = head_of(request)
        api = self._api(head)
        try:
            answer = await self._operate(api, head, request, request_id)
        except ERRORS as raised:
            refused = to_refused(raised)
            error = api.error(refused.code, refused.message, request_id)
            return response(refused.status, error, request_id)
        answer.headers[REQUEST_ID] = request_id
        return answer

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        # A scripted fault does not tell which version was asked, so each finds its own words.
        apis = (self._fc3, self._fc2)
        told = {k: v for api in apis for k, v in api.error(code, message, request_id).items()}
        return response(status, told, request_id)

    async def _operate(
        self, api: Api, head: Head, request: web.BaseRequest, request_id: str
    ) -> web.Response:
        target = api.target(head)
        operation = OPERATIONS.find(head.method, target.resource)
        if operation is None:
            message = f"'{head.method}' against '{head.path[:100]}' is not supported"
            raise FcError(400, "PathNotSupported", message)
        api.authorize(head)
        return await operation.perform(
            RequestContext(api, head, target, self.functions, request_id, request)
        )

    def _api(self, head: Head) -> Api:
        return self._fc2 if is_fc2(head) else self._fc3
