"""The Function Compute service: authenticates each request and calls its operation."""

from __future__ import annotations

import socket

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.fc import operations
from facescreen_local.fc.api import Fc2Api, Fc3Api, FcApi, is_fc2
from facescreen_local.fc.context import FcRequestContext
from facescreen_local.fc.errors import (
    REQUEST_ERRORS,
    REQUEST_ID_HEADER,
    FcError,
    build_error_response,
    to_fc_error,
)
from facescreen_local.fc.functions import DeployedFunctions
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.protocol.operations import import_operations
from facescreen_local.protocol.request import RequestHead, read_head
from facescreen_local.protocol.service import Service

import_operations(operations)


class FcService(Service):
    """The API of FC 3.0, and the part of FC 2.0 that the SDK aliyun-fc2 needs.

    Starts and stops `functions` with the service.
    """

    def __init__(self, account: LocalAccount, functions: DeployedFunctions) -> None:
        super().__init__()
        self.functions = functions
        self.kill_instances = functions.kill_busy_instances
        self.kill_caller = functions.kill_caller
        self._fc3, self._fc2 = Fc3Api(account), Fc2Api(account)

    async def start(self, port_or_socket: int | socket.socket = 0) -> None:
        await super().start(port_or_socket)
        self.functions.start()

    async def stop(self) -> None:
        # Stop functions first: open synchronous invocations would keep the server from stopping.
        await self.functions.stop()
        await super().stop()
        await self.functions.close()

    def get_operation_name(self, request: web.BaseRequest) -> str:
        head = read_head(request)
        target = self._select_api(head).parse_target(head)
        operation = OPERATIONS.find(head.method, target.resource)
        return operation.name if operation else "Unknown"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        head = read_head(request)
        api = self._select_api(head)
        try:
            response = await self._dispatch(api, head, request, request_id)
        except REQUEST_ERRORS as raised_error:
            error = to_fc_error(raised_error)
            body = api.build_error_body(error.code, error.message, request_id)
            return build_error_response(error.status, body, request_id)
        response.headers[REQUEST_ID_HEADER] = request_id
        return response

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        # The API's version is unknown here, so the body has the fields of both.
        body = {
            **self._fc3.build_error_body(code, message, request_id),
            **self._fc2.build_error_body(code, message, request_id),
        }
        return build_error_response(status, body, request_id)

    async def _dispatch(
        self, api: FcApi, head: RequestHead, request: web.BaseRequest, request_id: str
    ) -> web.Response:
        target = api.parse_target(head)
        operation = OPERATIONS.find(head.method, target.resource)
        if operation is None:
            message = f"'{head.method}' against '{head.path[:100]}' is not supported"
            raise FcError(400, "PathNotSupported", message)
        api.authenticate(head)
        return await operation.perform(
            FcRequestContext(api, head, target, self.functions, request_id, request)
        )

    def _select_api(self, head: RequestHead) -> FcApi:
        return self._fc2 if is_fc2(head) else self._fc3
