"""What the local services share: a loopback HTTP server that can be told to misbehave."""

from __future__ import annotations

import asyncio
import logging
import socket
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from ssl import SSLContext

from aiohttp import web

from facescreen_local.protocol.faults import Behaviour, Fault

LOOPBACK = "127.0.0.1"
_LONGEST_LINE = 64 * 1024
"""A request line may hold a presigned URL in its query, percent-encoded twice."""
_GRACE_S = 0.5
"""For requests under way when the service stops: aiohttp waits so long twice."""


def bound(port: int = 0) -> socket.socket:
    """A socket of a port on loopback, for a service whose address is asked for before it is there;
    port 0 takes a free one."""
    return socket.create_server((LOOPBACK, port))


class LocalError(Exception):
    """What a service turns down: HTTP status, error code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Service(ABC):
    """One service on its own port. Paths reach `answer` as they were sent, never normalised."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.kill_instances: Callable[[], None] = lambda: None
        self._tls: SSLContext | None = None
        self._runner: web.ServerRunner | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``, once started; https where the service has a certificate."""
        return self._url

    @abstractmethod
    def operation(self, request: web.BaseRequest) -> str:
        """The API's name of what is asked (``PutObjectTagging``), for faults and logs."""

    @abstractmethod
    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        """The service's answer, errors included."""

    @abstractmethod
    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        """An error in the service's own form."""

    async def start(self, at: int | socket.socket = 0) -> None:
        """Listens on loopback, at a port or with a socket of `bound`; port 0 takes a free one."""
        # aiohttp's own logger shows the request line of a malformed request, query and all.
        silent = logging.Logger("silent", logging.CRITICAL + 1)
        server = web.Server(
            self._handle,
            access_log=None,
            logger=silent,
            max_line_size=_LONGEST_LINE,
            # Bodies arrive as they were sent and signed, whatever their Content-Encoding says.
            auto_decompress=False,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=_GRACE_S)
        await self._runner.setup()
        bound_to = bound(at) if isinstance(at, int) else at
        site = web.SockSite(self._runner, bound_to, ssl_context=self._tls)
        await site.start()
        address = self._runner.addresses[0]
        scheme = "https" if self._tls else "http"
        self._url = f"{scheme}://{address[0]}:{address[1]}"

    async def stop(self) -> None:
        """Stops listening and drops open connections."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        request_id = str(uuid.uuid4()).upper()
        fault = self.behaviour.next_fault(self.operation(request))
        if self.behaviour.latency_ms:
            await asyncio.sleep(self.behaviour.latency_ms / 1000)
        if fault is None:
            return await self.answer(request, request_id)
        return await self._misbehave(fault, request, request_id)

    async def _misbehave(
        self, fault: Fault, request: web.BaseRequest, request_id: str
    ) -> web.StreamResponse:
        done = await self.answer(request, request_id) if fault.after else None
        if fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        if fault.kill:
            self.kill_instances()
        if (fault.kill or fault.reset) and request.transport is not None:
            request.transport.abort()
            return web.Response()
        if fault.code is not None:
            return self.error(fault.status, fault.code, "scripted fault", request_id)
        return await self.answer(request, request_id) if done is None else done
