"""The Function Compute service: delivers bucket events, and answers InvokeFunction over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from aiohttp import web

from ..service import Service
from . import authorization
from .authorization import Refused
from .events import ERROR_TYPE, Event
from .invocations import Invocation, Invocations
from .pool import Pool, Throttled
from .runtime import Deployment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from ..identity import Identity
    from .function import Function

_INVOKE = re.compile(r"/2023-03-30/functions/([^/]+)/invocations")
_LARGEST_EVENT = MappingProxyType({"Sync": 32 * 1024 * 1024, "Async": 128 * 1024})


class FcService(Service):
    """Runs functions on bucket events and on request.

    The FC 3.0 API (2023-03-30) answers ``POST /2023-03-30/functions/{name}/invocations``. What
    functions write to stdout and stderr goes to ``logs/<function>.log`` in the data folder.
    """

    def __init__(
        self,
        identity: Identity,
        functions: list[Function],
        data: Path,
        destination: Callable[[str, bytes], Awaitable[None]],
        region: str,
        *,
        interpreters: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`destination` takes an onFailure ARN and the record for it.

        `interpreters` gives a Python's path by runtime (``python3.10``); this one runs the rest.
        """
        super().__init__()
        self.functions = functions
        self.kill_instances = self._kill_busy
        self._identity = identity
        self._invocations = Invocations(destination, lambda: self.behaviour.retry_delay_ms / 1000)
        logs = data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._pools = {
            function.name: Pool(
                Deployment(
                    function,
                    region,
                    identity.account_id,
                    interpreters.get(function.runtime, sys.executable),
                ),
                identity,
                logs / f"{function.name}.log",
            )
            for function in functions
        }

    @property
    def invocations(self) -> list[Invocation]:
        """The latest attempts that have ended, in order of their end."""
        return list(self._invocations.records)

    def deliver(self, record: dict[str, Any]) -> None:
        """Takes one OSS event record to every function that a trigger of its own calls for it."""
        payload = json.dumps({"events": [record]}, ensure_ascii=False).encode()
        for pool in self._pools.values():
            if pool.function.matches(record):
                for _ in range(1 + self.behaviour.duplicates):
                    self._invocations.enqueue(
                        pool, Event("oss", payload), self.behaviour.delay_ms / 1000
                    )

    async def drained(self) -> None:
        """Returns once no asynchronous event is on its way."""
        await self._invocations.drained()

    def reset(self) -> None:
        """Empties the record of invocations."""
        self._invocations.records.clear()

    async def stop(self) -> None:
        await self._invocations.stop()
        # Synchronous callers get their error now, instead of holding the server open.
        self._kill_busy()
        await super().stop()
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    def operation(self, request: web.BaseRequest) -> str:
        path = request.raw_path.partition("?")[0]
        return "InvokeFunction" if _INVOKE.fullmatch(path) else "Unknown"

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            return await self._invoke(request, request_id)
        except Refused as refused:
            return self.error(refused.status, refused.code, refused.message, request_id)

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        told = {"RequestId": request_id, "Code": code, "Message": message}
        return web.json_response(told, status=status, headers={"x-fc-request-id": request_id})

    def _kill_busy(self) -> None:
        for pool in self._pools.values():
            pool.kill_busy()

    async def _invoke(self, request: web.BaseRequest, request_id: str) -> web.Response:
        pool, kind = self._read(request)
        event = Event("api", await _body(request, _LARGEST_EVENT[kind]), request_id)
        headers = {"x-fc-request-id": request_id}
        if kind == "Async":
            self._invocations.enqueue(pool, event)
            return web.Response(status=202, headers=headers)
        try:
            result = await self._invocations.invoke(pool, event)
        except Throttled as error:
            # UNCONFIRMED: the code; the status is documented.
            raise Refused(429, "ResourceThrottled", "all instances are busy") from error
        if result.status != "ok":
            headers["x-fc-error-type"] = ERROR_TYPE
        return web.Response(body=result.payload, headers=headers)

    def _read(self, request: web.BaseRequest) -> tuple[Pool, str]:
        """The function that is invoked, and whether ``Sync`` or ``Async``."""
        path, _, query = request.raw_path.partition("?")
        found = _INVOKE.fullmatch(path)
        if found is None or request.method != "POST":
            message = f"'{request.method}' against '{path[:100]}' is not supported"
            raise Refused(400, "PathNotSupported", message)
        headers = _lower(request)
        authorization.check(request.method, path, query, headers, self._identity)
        return self._pool(unquote(found[1]), query), _kind(headers)

    def _pool(self, name: str, query: str) -> Pool:
        if parse_qs(query).get("qualifier", ["LATEST"]) != ["LATEST"]:
            raise Refused(400, "InvalidArgument", "the one qualifier here is LATEST")
        if name not in self._pools:
            raise Refused(404, "FunctionNotFound", f"function {name[:128]!r} does not exist")
        return self._pools[name]


def _lower(request: web.BaseRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _kind(headers: Mapping[str, str]) -> str:
    kind = headers.get("x-fc-invocation-type", "Sync")
    if kind not in _LARGEST_EVENT:
        known = " or ".join(_LARGEST_EVENT)
        raise Refused(400, "InvalidArgument", f"x-fc-invocation-type must be {known}")
    return kind


async def _body(request: web.BaseRequest, largest: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > largest:
            message = f"payload size exceeds maximum allowed size ({largest} bytes)"
            raise Refused(400, "EntityTooLarge", message)
    authorization.check_body(_lower(request), bytes(body))
    return bytes(body)
