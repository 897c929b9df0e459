"""The base class of the local services: an HTTP server on loopback with scripted faults."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from ssl import SSLContext
from urllib.parse import unquote

from aiohttp import web

from facescreen_local.protocol.body import buffer_body
from facescreen_local.protocol.faults import Behaviour, Fault

LOOPBACK_ADDRESS = "127.0.0.1"
_MAX_REQUEST_LINE_BYTES = 64 * 1024
"""A request line can contain a presigned URL in its query, percent-encoded twice."""
SCRIPTED_FAULT = web.RequestKey("scripted_fault", Fault)
"""The fault that a request meets, stored in the request, for services that record their calls."""
_SHUTDOWN_TIMEOUT_S = 0.5
"""How long open requests may take when the service stops; aiohttp waits this long twice."""


def bind_socket(port: int = 0) -> socket.socket:
    """Bind a loopback port before the service starts, so that its address is known; 0 means any."""
    return socket.create_server((LOOPBACK_ADDRESS, port))


class ServiceError(Exception):
    """An error response: HTTP status, error code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class InjectedFault:
    """A scripted fault that acted on a call. `at` is in seconds since the epoch."""

    at: float
    operation: str
    path: str
    fault: Fault


class Service(ABC):
    """One service on its own port. `respond` gets paths as they were sent, not normalised."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.injected_faults: list[InjectedFault] = []
        self.kill_instances: Callable[[], None] = lambda: None
        self.kill_caller: Callable[[str], None] = lambda _authorization: None
        self._tls: SSLContext | None = None
        self._runner: web.ServerRunner | None = None
        self._late_calls: set[asyncio.Task[web.StreamResponse]] = set()
        self._url = ""

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>`` once started; https if the service has a certificate."""
        return self._url

    @property
    def late_call_count(self) -> int:
        """The calls that scripted faults have made late and that are still to be performed."""
        return len(self._late_calls)

    @abstractmethod
    def get_operation_name(self, request: web.BaseRequest) -> str:
        """Return the API's name for the operation (``PutObjectTagging``), for scripted faults."""

    @abstractmethod
    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        """Return the service's response; never raises the service's own errors."""

    @abstractmethod
    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        """Return an error response in the service's own format."""

    async def start(self, port_or_socket: int | socket.socket = 0) -> None:
        """Listen on a loopback port (0 means any free one) or on a socket of `bind_socket`."""
        # aiohttp's own logger shows the request line of a malformed request, its query included.
        silent_logger = logging.Logger("silent", logging.CRITICAL + 1)
        server = web.Server(
            self._handle_request,
            access_log=None,
            logger=silent_logger,
            max_line_size=_MAX_REQUEST_LINE_BYTES,
            # Keep bodies as sent and signed, whatever their Content-Encoding is.
            auto_decompress=False,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_TIMEOUT_S)
        await self._runner.setup()
        listening_socket = (
            bind_socket(port_or_socket) if isinstance(port_or_socket, int) else port_or_socket
        )
        site = web.SockSite(self._runner, listening_socket, ssl_context=self._tls)
        await site.start()
        address = self._runner.addresses[0]
        scheme = "https" if self._tls else "http"
        self._url = f"{scheme}://{address[0]}:{address[1]}"

    async def stop(self) -> None:
        """Stop listening, close open connections, and drop calls that are late."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for call in self._late_calls:
            call.cancel()
        await asyncio.gather(*self._late_calls, return_exceptions=True)

    async def _handle_request(self, request: web.BaseRequest) -> web.StreamResponse:
        request_id = str(uuid.uuid4()).upper()
        operation, path = self.get_operation_name(request), _decode_path(request)
        fault = self.behaviour.take_fault(operation, path)
        latency_s = self.behaviour.latency_ms / 1000
        answer_latency_s = self.behaviour.answer_latency_ms / 1000
        if fault is not None or latency_s:
            # What has arrived is performed, even if the client gives up meanwhile.
            await buffer_body(request)
        await asyncio.sleep(latency_s)
        if fault is None:
            response = await self.respond(request, request_id)
            await asyncio.sleep(answer_latency_s)
            return response
        self.injected_faults.append(InjectedFault(time.time(), operation, path, replace(fault)))
        return await self._inject_fault(fault, request, request_id)

    async def _inject_fault(
        self, fault: Fault, request: web.BaseRequest, request_id: str
    ) -> web.StreamResponse:
        request[SCRIPTED_FAULT] = fault
        if fault.late_s is not None:
            self._respond_later(fault.late_s, request, request_id)
        response = await self.respond(request, request_id) if fault.after else None
        if fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        if fault.kill:
            self.kill_instances()
        if fault.kill_caller:
            self.kill_caller(request.headers.get("Authorization", ""))
        if fault.closes_connection:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.code is not None:
            return self.build_error_response(fault.status, fault.code, "scripted fault", request_id)
        return await self.respond(request, request_id) if response is None else response

    def _respond_later(self, delay_s: float, request: web.BaseRequest, request_id: str) -> None:
        """Perform the call after `delay_s`, without a client."""

        async def respond() -> web.StreamResponse:
            await asyncio.sleep(delay_s)
            return await self.respond(request, request_id)

        call = asyncio.create_task(respond())
        self._late_calls.add(call)
        call.add_done_callback(self._late_calls.discard)


def _decode_path(request: web.BaseRequest) -> str:
    return unquote(request.raw_path.partition("?")[0], errors="surrogateescape")
