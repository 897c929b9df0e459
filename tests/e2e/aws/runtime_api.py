"""The Lambda Runtime API (version 2018-06-01) of one execution environment, on loopback."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from facescreen_local.protocol.service import LOOPBACK_ADDRESS

MAX_RESPONSE_BYTES = 6 * 1024 * 1024
_VERSION = "/2018-06-01/runtime"
_GRACE_S = 0.1
"""Time for a runtime that waits for its next invocation when the environment stops."""


class FunctionError(Exception):
    """An invocation failed, because of its handler's exception or an error of the platform."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


@dataclass(frozen=True)
class LambdaInvocation:
    """One event that a function handles."""

    event: bytes = field(repr=False)
    arn: str
    deadline: float
    """Epoch seconds at which the function is killed."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def headers(self) -> dict[str, str]:
        """Headers from which the runtime builds the handler's context."""
        root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(round(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
            "Lambda-Runtime-Trace-Id": f"Root={root};Parent={secrets.token_hex(8)};Sampled=0",
        }


class RuntimeApi:
    """Serves one runtime process. Use it in one event loop only."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[LambdaInvocation] = asyncio.Queue()
        self._results: dict[str, asyncio.Future[bytes]] = {}

    async def start(self) -> str:
        """Start and return the address, in the format of AWS_LAMBDA_RUNTIME_API."""
        self._initialization: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        app = web.Application(client_max_size=MAX_RESPONSE_BYTES)
        app.router.add_get(f"{_VERSION}/invocation/next", self._next)
        app.router.add_post(f"{_VERSION}/invocation/{{id}}/response", self._response)
        app.router.add_post(f"{_VERSION}/invocation/{{id}}/error", self._error)
        app.router.add_post(f"{_VERSION}/init/error", self._init_error)
        self._runner = web.AppRunner(
            # The pending request of a killed runtime for its next event must be cancelled.
            app,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_GRACE_S,
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK_ADDRESS, 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Stop, and close the connection of a runtime that still waits."""
        await self._runner.cleanup()

    async def wait_until_initialized(self) -> None:
        """Wait for the runtime's first request. Raises FunctionError if it fails to start."""
        await asyncio.shield(self._initialization)

    async def run_invocation(self, invocation: LambdaInvocation) -> bytes:
        """Run an invocation and return the result as JSON. Raises FunctionError."""
        result: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._results[invocation.request_id] = result
        self._waiting.put_nowait(invocation)
        try:
            return await result
        finally:
            del self._results[invocation.request_id]

    async def _next(self, _: web.Request) -> web.Response:
        if not self._initialization.done():
            self._initialization.set_result(None)
        invocation = await self._waiting.get()
        return web.Response(body=invocation.event, headers=invocation.headers)

    async def _response(self, request: web.Request) -> web.Response:
        self._pending_result(request).set_result(await request.read())
        return _accepted_response()

    async def _error(self, request: web.Request) -> web.Response:
        self._pending_result(request).set_exception(await _read_error(request))
        return _accepted_response()

    async def _init_error(self, request: web.Request) -> web.Response:
        self._initialization.set_exception(await _read_error(request))
        return _accepted_response()

    def _pending_result(self, request: web.Request) -> asyncio.Future[bytes]:
        result = self._results.get(request.match_info["id"])
        if result is None or result.done():
            refusal = {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}
            raise web.HTTPBadRequest(text=json.dumps(refusal), content_type="application/json")
        return result


async def _read_error(request: web.Request) -> FunctionError:
    error = json.loads(await request.read())
    return FunctionError(error["errorType"], error["errorMessage"])


def _accepted_response() -> web.Response:
    return web.json_response({"status": "OK"}, status=202)
