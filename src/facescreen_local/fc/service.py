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
from facescreen_local.protocol.operations import import_operations
from facescreen_local.protocol.request import RequestHead, read_head
from facescreen_local.protocol.service import Service

import_operations(operations)


class FcService(Service):
    """The API of FC 3.0, and what the SDK aliyun-fc2 needs of that of FC 2.0.

    `functions` run as long as the service does.
    """

    def __init__(self, identity: Identity, functions: Functions) -> None:
        super().__init__()
        self.functions = functions
        self.kill_instances = functions.kill_busy
        self._fc3, self._fc2 = Fc3Api(identity), Fc2Api(identity)

    async def start(self, port_or_socket: int | socket.socket = 0) -> None:
        await super().start(port_or_socket)
        self.functions.start()

    async def stop(self) -> None:
        # Synchronous callers get their error before they would hold the server open.
        await self.functions.stop()
        await super().stop()
        await self.functions.close()

    def operation_name(self, request: web.BaseRequest) -> str:
        head = read_head(request)
        target = self._api(head).target(head)
        operation = OPERATIONS.find(head.method, target.resource)
        return operation.name if operation else "Unknown"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        head = read_head(request)
        api = self._api(head)
        try:
            answer = await self._dispatch(api, head, request, request_id)
        except ERRORS as raised:
            refused = to_refused(raised)
            error = api.error(refused.code, refused.message, request_id)
            return response(refused.status, error, request_id)
        answer.headers[REQUEST_ID] = request_id
        return answer

    def error_response(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        # A scripted fault does not tell which version was asked, so each finds its own words.
        apis = (self._fc3, self._fc2)
        told = {k: v for api in apis for k, v in api.error(code, message, request_id).items()}
        return response(status, told, request_id)

    async def _dispatch(
        self, api: Api, head: RequestHead, request: web.BaseRequest, request_id: str
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

    def _api(self, head: RequestHead) -> Api:
        return self._fc2 if is_fc2(head) else self._fc3
