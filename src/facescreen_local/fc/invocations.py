"""Runs invocations and records each attempt; retries asynchronous ones a limited number of times.

The retries: function-compute.md, "Async". An instance that is killed by SIGKILL counts as an error
of the function and is retried; UNCONFIRMED whether the real service does the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

from facescreen_local.fc.runtime.instance import InvocationResult, InvocationStatus
from facescreen_local.fc.runtime.pool import AllInstancesBusyError, InstancePool
from facescreen_local.fc.store.event import (
    EVENT_EXPIRED_CONDITION,
    UNHANDLED_ERROR_TYPE,
    FunctionEvent,
    build_failure_record,
)
from facescreen_local.fc.store.pending_events import PendingEvents

_MAX_RECORDS = 10_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class InvocationRecord:
    """One finished attempt. Times are UTC, ISO 8601 with milliseconds."""

    function: str
    request_id: str
    attempt: int
    """Counted from 1; all attempts of one event share its request id."""
    trigger: str
    started: str
    ended: str
    status: InvocationStatus
    error_type: str


class InvocationRunner:
    """Runs synchronous and asynchronous invocations on the functions' instances."""

    def __init__(
        self,
        destination: Callable[[str, bytes], Awaitable[None]],
        retry_delay_s: Callable[[], float],
        pending_events: PendingEvents,
    ) -> None:
        """`destination` is called with an onFailure ARN and a record; `retry_delay_s` returns the
        delay before the first retry."""
        self.records: deque[InvocationRecord] = deque(maxlen=_MAX_RECORDS)
        self._destination = destination
        self._retry_delay_s = retry_delay_s
        self._pending_events = pending_events
        self._delivery_tasks: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def invoke(
        self, pool: InstancePool, event: FunctionEvent, *, attempt: int = 1, wait_s: float = 0
    ) -> InvocationResult:
        """Run one attempt. Raises AllInstancesBusyError if no instance is free after `wait_s`."""
        async with pool.reserve_instance(wait_s) as instance:
            started = _format_utc_now()
            result = await instance.invoke(event.request_id, event.payload)
        self.records.append(
            InvocationRecord(
                function=pool.function.name,
                request_id=event.request_id,
                attempt=attempt,
                trigger=event.trigger,
                started=started,
                ended=_format_utc_now(),
                status=result.status,
                error_type=result.error_type,
            )
        )
        return result

    def enqueue(self, pool: InstancePool, event: FunctionEvent, delay_s: float = 0) -> None:
        """Invoke the pool's function asynchronously, with retries. Failures go to its onFailure
        destination."""
        self._pending_events.add(pool.function.name, event)
        if not self._stopped:
            self._start_delivery(pool, event, delay_s)

    def resume(self, pools: Mapping[str, InstancePool]) -> None:
        """Resume the events that were pending when the last run ended.

        Their attempts start from 1 again: delivery is at least once.
        """
        for function, event in self._pending_events.list_events():
            if function in pools:
                self._start_delivery(pools[function], event, 0)
            else:
                logger.error(
                    "%s: event %s is lost: there is no such function", function, event.request_id
                )
                self._pending_events.remove(event)

    @property
    def pending_count(self) -> int:
        """The number of asynchronous events that have not ended."""
        return len(self._delivery_tasks)

    async def wait_until_idle(self) -> None:
        """Wait until no asynchronous event is pending."""
        while self._delivery_tasks:
            await asyncio.wait(self._delivery_tasks)

    async def stop(self) -> None:
        """Stop all deliveries. The next start resumes their events."""
        self._stopped = True
        if self._delivery_tasks:
            logger.info("stopped with pending events: %d", len(self._delivery_tasks))
        for task in self._delivery_tasks:
            task.cancel()
        await self.wait_until_idle()

    def _start_delivery(self, pool: InstancePool, event: FunctionEvent, delay_s: float) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(pool, event, delay_s))
        self._delivery_tasks.add(task)
        task.add_done_callback(partial(self._on_delivery_done, event))

    async def _deliver(self, pool: InstancePool, event: FunctionEvent, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        result, attempt, condition = None, 0, EVENT_EXPIRED_CONDITION
        while (wait_s := event.remaining_s(pool.function.max_event_age_s)) > 0:
            try:
                result = await self.invoke(pool, event, attempt=attempt + 1, wait_s=wait_s)
            except AllInstancesBusyError:
                break
            if result.status == "ok":
                return
            attempt += 1
            if attempt > pool.function.retries:
                condition = UNHANDLED_ERROR_TYPE
                break
            await asyncio.sleep(self._retry_delay_s() * 2 ** (attempt - 1))
        record = build_failure_record(pool.deployed_function, event, attempt, result, condition)
        await self._send_to_destination(pool, event, record)

    async def _send_to_destination(
        self, pool: InstancePool, event: FunctionEvent, record: bytes
    ) -> None:
        arn = pool.function.on_failure
        name = pool.function.name
        if arn is None:
            logger.error(
                "%s: event %s is lost: there is no onFailure destination", name, event.request_id
            )
            return
        await self._destination(arn, record)
        logger.warning("%s: event %s failed and was sent to %s", name, event.request_id, arn)

    def _on_delivery_done(self, event: FunctionEvent, task: asyncio.Task[None]) -> None:
        self._delivery_tasks.discard(task)
        if task.cancelled():
            return
        self._pending_events.remove(event)
        if task.exception() is not None:
            logger.error("event %s is lost", event.request_id, exc_info=task.exception())


def _format_utc_now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
