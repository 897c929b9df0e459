"""The functions of one account and region: invoked by their triggers, and by request."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from facescreen_local.auth.account import Identity
from facescreen_local.fc.errors import FcError, function_not_found
from facescreen_local.fc.invocations import Invocation, Invocations
from facescreen_local.fc.runtime.code import unpacked
from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_local.fc.runtime.instance import Result
from facescreen_local.fc.runtime.pool import AllInstancesBusyError, Pool
from facescreen_local.fc.store.event import Event
from facescreen_local.fc.store.journal import Journal
from facescreen_local.fc.timer import run_timer, timer_event
from facescreen_local.protocol.faults import Behaviour
from facescreen_serverless_devs.model import Function


class Functions:
    """What s.yaml deploys, running.

    What functions write to stdout and stderr goes to ``logs/<function>.log`` in the data folder;
    asynchronous events on their way stand in its ``events.db``, and the next start goes on with
    them.
    """

    def __init__(
        self,
        functions: Sequence[Function],
        identity: Identity,
        data: Path,
        *,
        region: str,
        destination: Callable[[str, bytes], Awaitable[None]],
        behaviour: Callable[[], Behaviour],
        interpreters: Mapping[str, str] = MappingProxyType({}),
        ca_file: Path | None = None,
    ) -> None:
        """`destination` takes an onFailure ARN and the record for it. `behaviour` is asked for what
        to do wrong with events.

        `interpreters` gives a Python's path by runtime (``python3.10``); this one runs the rest.
        `ca_file` is what instances trust in place of the public authorities.
        """
        functions = [
            replace(function, code=unpacked(function.code, data / "code")) for function in functions
        ]
        logs = data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._behaviour = behaviour
        self._journal = Journal(data / "events.db")
        self._clocks: list[asyncio.Task[None]] = []
        self._invocations = Invocations(
            destination, lambda: behaviour().retry_delay_ms / 1000, self._journal
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
    def deployed(self) -> list[Deployment]:
        """Every function where it runs, in the order of s.yaml."""
        return [pool.deployment for pool in self._pools.values()]

    @property
    def invocations(self) -> list[Invocation]:
        """The latest attempts that have ended, in order of their end."""
        return list(self._invocations.records)

    def find(self, function: str) -> Deployment:
        """A function by name. Raises FcError."""
        return self._pool(function).deployment

    async def invoke(self, function: str, event: Event) -> Result:
        """Invoke a function by name, and wait for its result. Raises FcError."""
        try:
            return await self._invocations.invoke(self._pool(function), event)
        except AllInstancesBusyError as error:
            raise FcError(429, "ResourceExhausted", "all instances are busy") from error

    def enqueue(self, function: str, event: Event) -> None:
        """Invoke a function by name until it succeeds or the event is given up. Raises FcError."""
        self._invocations.enqueue(self._pool(function), event)

    def deliver(self, record: dict[str, Any]) -> None:
        """Deliver one OSS event record to every function whose trigger matches it."""
        behaviour = self._behaviour()
        for pool in self._pools.values():
            for trigger in pool.function.bucket_triggers:
                if trigger.matches(record):
                    payload = json.dumps(trigger.payload(record), ensure_ascii=False).encode()
                    for _ in range(1 + behaviour.duplicates):
                        event = Event("oss", payload)
                        self._invocations.enqueue(pool, event, behaviour.delay_ms / 1000)

    def fire(self, function: str) -> int:
        """Fire the enabled time triggers of a function now, and count them. Raises FcError."""
        pool = self._pool(function)
        timers = [timer for timer in pool.function.timers if timer.enabled]
        for timer in timers:
            self._on_time(pool, timer_event(timer, datetime.now(timezone.utc)))
        return len(timers)

    async def drained(self) -> None:
        """Wait until no asynchronous event is on its way."""
        await self._invocations.drained()

    def reset(self) -> None:
        """Empty the record of invocations."""
        self._invocations.records.clear()

    def start(self) -> None:
        """Go on with the events of the last run, and start the time triggers."""
        self._invocations.resume(self._pools)
        self._clocks = [
            asyncio.create_task(run_timer(timer, partial(self._on_time, pool)))
            for pool in self._pools.values()
            for timer in pool.function.timers
            if timer.enabled
        ]

    async def stop(self) -> None:
        """End what is under way; synchronous callers get their error now."""
        for clock in self._clocks:
            clock.cancel()
        await asyncio.gather(*self._clocks, return_exceptions=True)
        await self._invocations.stop()
        self.kill_busy()

    async def close(self) -> None:
        """End every instance, once nobody can ask for another one."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        self._journal.close()

    def kill_busy(self) -> None:
        """SIGKILL every instance that is in the middle of an invocation."""
        for pool in self._pools.values():
            pool.kill_busy()

    def _on_time(self, pool: Pool, payload: bytes) -> None:
        self._invocations.enqueue(pool, Event("timer", payload))

    def _pool(self, function: str) -> Pool:
        if function not in self._pools:
            raise function_not_found(function)
        return self._pools[function]
