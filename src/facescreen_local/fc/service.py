"""The Function Compute service: delivers bucket events, and answers InvokeFunction over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.fc.errors import REQUEST_ID, Refused, response
from facescreen_local.fc.invocations import Invocation, Invocations
from facescreen_local.fc.operations.describe import Descriptions, question
from facescreen_local.fc.operations.invoke import Api, Fc2Api, Fc3Api
from facescreen_local.fc.runtime.code import unpacked
from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_local.fc.runtime.instance import Result
from facescreen_local.fc.runtime.pool import Pool, Throttled
from facescreen_local.fc.store.event import ERROR_TYPE, Event
from facescreen_local.fc.store.journal import Journal
from facescreen_local.fc.timer import run_timer, timer_event
from facescreen_local.protocol.request import Head, body_of, head_of
from facescreen_local.protocol.service import Service
from facescreen_serverless_devs.model import Function

_LARGEST_EVENT = MappingProxyType({"Sync": 32 * 1024 * 1024, "Async": 128 * 1024})


class FcService(Service):
    """Runs functions on bucket events and on request.

    ``POST /2023-03-30/functions/{name}/invocations`` is the FC 3.0 API, which also describes the
    functions; ``POST /2016-08-15/services/{service}/functions/{name}/invocations`` is that of
    FC 2.0. What functions write to stdout and stderr goes to ``logs/<function>.log`` in the data
    folder; asynchronous events on their way stand in its ``events.db``, and the next start goes
    on with them.
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
        ca_file: Path | None = None,
    ) -> None:
        """`destination` takes an onFailure ARN and the record for it.

        `interpreters` gives a Python's path by runtime (``python3.10``); this one runs the rest.
        `ca_file` is what instances trust in place of the public authorities.
        """
        super().__init__()
        self.functions = functions = [
            replace(function, code=unpacked(function.code, data / "code")) for function in functions
        ]
        self.kill_instances = self._kill_busy
        self._fc3, self._fc2 = Fc3Api(identity), Fc2Api(identity)
        self._descriptions = Descriptions(functions, region, identity.account_id)
        logs = data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(data / "events.db")
        self._clocks: list[asyncio.Task[None]] = []
        self._invocations = Invocations(
            destination, lambda: self.behaviour.retry_delay_ms / 1000, self._journal
        )
        self._pools = {
            function.name: Pool(
                Deployment(
                    function,
                    region,
                    identity.account_id,
                    interpreters.get(function.runtime, sys.executable),
                    ca_file,
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
        for pool in self._pools.values():
            for trigger in pool.function.bucket_triggers:
                if trigger.matches(record):
                    payload = json.dumps(trigger.payload(record), ensure_ascii=False).encode()
                    for _ in range(1 + self.behaviour.duplicates):
                        self._invocations.enqueue(
                            pool, Event("oss", payload), self.behaviour.delay_ms / 1000
                        )

    async def invoke(self, function: str, event: Event) -> Result:
        """One synchronous invocation of a function by name. Raises Refused."""
        try:
            return await self._invocations.invoke(self._pool(function), event)
        except Throttled as error:
            raise Refused(429, "ResourceExhausted", "all instances are busy") from error

    async def drained(self) -> None:
        """Returns once no asynchronous event is on its way."""
        await self._invocations.drained()

    def reset(self) -> None:
        """Empties the record of invocations."""
        self._invocations.records.clear()

    def fire(self, function: str) -> int:
        """Fires the enabled time triggers of a function now; gives how many. Raises Refused."""
        pool = self._pool(function)
        timers = [timer for timer in pool.function.timers if timer.enabled]
        for timer in timers:
            self._on_time(pool, timer_event(timer, datetime.now(timezone.utc)))
        return len(timers)

    async def start(self, at: int | socket.socket = 0) -> None:
        await super().start(at)
        self._invocations.resume(self._pools)
        self._clocks = [
            asyncio.create_task(run_timer(timer, partial(self._on_time, pool)))
            for pool in self._pools.values()
            for timer in pool.function.timers
            if timer.enabled
        ]

    async def stop(self) -> None:
        for clock in self._clocks:
            clock.cancel()
        await asyncio.gather(*self._clocks, return_exceptions=True)
        await self._invocations.stop()
        # Synchronous callers get their error now, instead of holding the server open.
        self._kill_busy()
        await super().stop()
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        self._journal.close()

    def operation(self, request: web.BaseRequest) -> str:
        head = head_of(request)
        asked = question(head)
        if asked is not None:
            return asked.operation
        return "InvokeFunction" if self._api(head).target(head) else "Unknown"

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        head = head_of(request)
        api = self._api(head)
        asked = question(head)
        try:
            if asked is not None:
                api.authorize(head)
                told = self._descriptions.answer(asked, head.query)
                return web.json_response(told, headers={REQUEST_ID: request_id})
            return await self._invoke_function(api, head, request, request_id)
        except Refused as refused:
            error = api.error(refused.code, refused.message, request_id)
            return response(refused.status, error, request_id)

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        # A scripted fault does not tell which version was asked, so each finds its own words.
        apis = (self._fc3, self._fc2)
        told = {k: v for api in apis for k, v in api.error(code, message, request_id).items()}
        return response(status, told, request_id)

    def _on_time(self, pool: Pool, payload: bytes) -> None:
        self._invocations.enqueue(pool, Event("timer", payload))

    def _kill_busy(self) -> None:
        for pool in self._pools.values():
            pool.kill_busy()

    def _api(self, head: Head) -> Api:
        return self._fc2 if head.path.startswith("/2016-08-15/") else self._fc3

    def _pool(self, function: str) -> Pool:
        if function not in self._pools:
            raise Refused(404, "FunctionNotFound", f"function {function[:128]!r} does not exist")
        return self._pools[function]

    async def _invoke_function(
        self, api: Api, head: Head, request: web.BaseRequest, request_id: str
    ) -> web.Response:
        target = api.target(head)
        if target is None or head.method != "POST":
            message = f"'{head.method}' against '{head.path[:100]}' is not supported"
            raise Refused(400, "PathNotSupported", message)
        api.authorize(head)
        kind, pool = _kind(head), self._pool(target.function)
        if target.qualifier != "LATEST":
            raise Refused(400, "InvalidArgument", "the one qualifier here is LATEST")
        body = await body_of(request, _LARGEST_EVENT[kind])
        api.authorize_body(head, body)
        event = Event("api", body, request_id)
        if kind == "Async":
            self._invocations.enqueue(pool, event)
            return web.Response(status=202, headers={REQUEST_ID: request_id})
        return _answer(await self.invoke(target.function, event), request_id)


def _kind(head: Head) -> str:
    kind = head.headers.get("x-fc-invocation-type", "Sync")
    if kind not in _LARGEST_EVENT:
        known = " or ".join(_LARGEST_EVENT)
        raise Refused(400, "InvalidArgument", f"x-fc-invocation-type must be {known}")
    return kind


def _answer(result: Result, request_id: str) -> web.Response:
    headers = {REQUEST_ID: request_id}
    if result.status != "ok":
        headers["x-fc-error-type"] = ERROR_TYPE
    return web.Response(body=result.payload, headers=headers)
