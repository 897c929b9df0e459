"""The deployed functions, invoked by their triggers or through the API."""

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

from facescreen_local.auth.account import LocalAccount
from facescreen_local.fc.errors import FcError, function_not_found_error
from facescreen_local.fc.invocations import InvocationRecord, InvocationRunner
from facescreen_local.fc.runtime.code import unpack_code
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.fc.runtime.instance import InvocationResult
from facescreen_local.fc.runtime.pool import AllInstancesBusyError, InstancePool
from facescreen_local.fc.store.event import FunctionEvent
from facescreen_local.fc.store.pending_events import PendingEvents
from facescreen_local.fc.timer import build_timer_event, run_timer
from facescreen_local.protocol.faults import Behaviour
from facescreen_serverless_devs.model import Function


class DeployedFunctions:
    """Every function of s.yaml, with its instances and triggers.

    stdout and stderr of a function go to ``logs/<function>.log`` in the data folder. Pending
    asynchronous events are kept in its ``events.db``, and the next start resumes them.
    """

    def __init__(
        self,
        functions: Sequence[Function],
        account: LocalAccount,
        data: Path,
        *,
        region: str,
        destination: Callable[[str, bytes], Awaitable[None]],
        behaviour: Callable[[], Behaviour],
        interpreters: Mapping[str, str] = MappingProxyType({}),
        ca_file: Path | None = None,
    ) -> None:
        """`destination` is called with an onFailure ARN and its record. `behaviour` returns the
        scripted behaviour for events.

        `interpreters` maps runtimes (``python3.10``) to paths of Pythons; the others use this
        Python. `ca_file` replaces the public CA certificates for the instances.
        """
        functions = [
            replace(function, code=unpack_code(function.code, data / "code"))
            for function in functions
        ]
        logs = data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._behaviour = behaviour
        self._pending_events = PendingEvents(data / "events.db")
        self._timer_tasks: list[asyncio.Task[None]] = []
        self._runner = InvocationRunner(
            destination, lambda: behaviour().retry_delay_ms / 1000, self._pending_events
        )
        self._pools = {
            function.name: InstancePool(
                DeployedFunction(
                    function,
                    region,
                    account.account_id,
                    interpreters.get(function.runtime, sys.executable),
                    ca_file,
                ),
                account,
                logs / f"{function.name}.log",
            )
            for function in functions
        }

    @property
    def all_functions(self) -> list[DeployedFunction]:
        """Every deployed function, in the order of s.yaml."""
        return [pool.deployed_function for pool in self._pools.values()]

    @property
    def invocations(self) -> list[InvocationRecord]:
        """The latest finished attempts, in the order in which they ended."""
        return list(self._runner.records)

    def find(self, function: str) -> DeployedFunction:
        """Return a function by name. Raises FcError."""
        return self._find_pool(function).deployed_function

    async def invoke(self, function: str, event: FunctionEvent) -> InvocationResult:
        """Invoke a function by name and return its result. Raises FcError."""
        try:
            return await self._runner.invoke(self._find_pool(function), event)
        except AllInstancesBusyError as error:
            raise FcError(429, "ResourceExhausted", "all instances are busy") from error

    def enqueue(self, function: str, event: FunctionEvent) -> None:
        """Invoke a function by name asynchronously, with retries. Raises FcError."""
        self._runner.enqueue(self._find_pool(function), event)

    def deliver_bucket_event(self, record: dict[str, Any]) -> None:
        """Deliver one OSS event record to every function whose trigger matches it."""
        behaviour = self._behaviour()
        for pool in self._pools.values():
            for trigger in pool.function.bucket_triggers:
                if trigger.matches(record):
                    payload = json.dumps(trigger.build_payload(record), ensure_ascii=False).encode()
                    for _ in range(1 + behaviour.duplicates):
                        event = FunctionEvent("oss", payload)
                        self._runner.enqueue(pool, event, behaviour.delay_ms / 1000)

    def fire_timers(self, function: str) -> int:
        """Fire the enabled time triggers of a function now; return how many. Raises FcError."""
        pool = self._find_pool(function)
        timers = [timer for timer in pool.function.timers if timer.enabled]
        for timer in timers:
            self._enqueue_timer_event(pool, build_timer_event(timer, datetime.now(timezone.utc)))
        return len(timers)

    @property
    def pending_count(self) -> int:
        """The number of asynchronous events that have not ended."""
        return self._runner.pending_count

    async def wait_until_idle(self) -> None:
        """Wait until no asynchronous event is pending."""
        await self._runner.wait_until_idle()

    def reset(self) -> None:
        """Clear the records of invocations."""
        self._runner.records.clear()

    def start(self) -> None:
        """Resume the pending events of the last run and start the time triggers."""
        self._runner.resume(self._pools)
        self._timer_tasks = [
            asyncio.create_task(run_timer(timer, partial(self._enqueue_timer_event, pool)))
            for pool in self._pools.values()
            for timer in pool.function.timers
            if timer.enabled
        ]

    async def stop(self) -> None:
        """Stop timers and deliveries and kill busy instances, so that synchronous callers get an
        error now."""
        for timer_task in self._timer_tasks:
            timer_task.cancel()
        await asyncio.gather(*self._timer_tasks, return_exceptions=True)
        await self._runner.stop()
        self.kill_busy_instances()

    async def close(self) -> None:
        """Stop every instance, after the last request."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        self._pending_events.close()

    def kill_busy_instances(self) -> None:
        """Send SIGKILL to every instance with a running invocation."""
        for pool in self._pools.values():
            pool.kill_busy_instances()

    def kill_caller(self, authorization: str) -> None:
        """Send SIGKILL to the instance that signed a request with this ``Authorization``."""
        for pool in self._pools.values():
            pool.kill_caller(authorization)

    def _enqueue_timer_event(self, pool: InstancePool, payload: bytes) -> None:
        self._runner.enqueue(pool, FunctionEvent("timer", payload))

    def _find_pool(self, function: str) -> InstancePool:
        if function not in self._pools:
            raise function_not_found_error(function)
        return self._pools[function]
