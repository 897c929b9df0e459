"""Invocations: each attempt recorded, asynchronous ones retried and at last given up.

What retries: function-compute.md, "Async". An instance that dies by SIGKILL counts as the
function's own error and is retried; UNCONFIRMED whether the real service sees it so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

from facescreen_local.fc.runtime.instance import Result, Status
from facescreen_local.fc.runtime.pool import AllInstancesBusyError, Pool
from facescreen_local.fc.store.event import ERROR_TYPE, EXPIRED, Event, failure_record
from facescreen_local.fc.store.journal import Journal

_RECORDS = 10_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Invocation:
    """One attempt that has ended. Times are UTC, ISO 8601 with milliseconds."""

    function: str
    request_id: str
    attempt: int
    """From 1; the attempts of one event share its request id."""
    trigger: str
    started: str
    ended: str
    status: Status
    error_type: str


class Invocations:
    """Runs invocations on pools of instances, now or until they succeed."""

    def __init__(
        self,
        destination: Callable[[str, bytes], Awaitable[None]],
        retry_delay_s: Callable[[], float],
        journal: Journal,
    ) -> None:
        """`destination` takes an onFailure ARN and a record; `retry_delay_s` is asked each time."""
        self.records: deque[Invocation] = deque(maxlen=_RECORDS)
        self._destination = destination
        self._retry_delay_s = retry_delay_s
        self._journal = journal
        self._pending: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def invoke(
        self, pool: Pool, event: Event, *, attempt: int = 1, wait_s: float = 0
    ) -> Result:
        """One attempt; raises AllInstancesBusyError when no instance comes free in `wait_s`
        seconds."""
        async with pool.instance(wait_s) as instance:
            started = _now()
            result = await instance.invoke(event.request_id, event.payload)
        self.records.append(
            Invocation(
                function=pool.function.name,
                request_id=event.request_id,
                attempt=attempt,
                trigger=event.trigger,
                started=started,
                ended=_now(),
                status=result.status,
                error_type=result.error_type,
            )
        )
        return result

    def enqueue(self, pool: Pool, event: Event, delay_s: float = 0) -> None:
        """Invokes `pool`'s function until it succeeds or the event is given up."""
        self._journal.add(pool.function.name, event)
        if not self._stopped:
            self._begin(pool, event, delay_s)

    def resume(self, pools: Mapping[str, Pool]) -> None:
        """Goes on with the events that were on their way when an earlier run ended.

        Their attempts are counted anew: delivery is at least once.
        """
        for function, event in self._journal.events():
            if function in pools:
                self._begin(pools[function], event, 0)
            else:
                logger.error("%s: event %s lost, no such function", function, event.request_id)
                self._journal.remove(event)

    async def drained(self) -> None:
        """Returns once no asynchronous event is on its way."""
        while self._pending:
            await asyncio.wait(self._pending)

    async def stop(self) -> None:
        """Leaves what is on its way to the next start, saying how much that is."""
        self._stopped = True
        if self._pending:
            logger.warning("stopped with %d events on their way", len(self._pending))
        for task in self._pending:
            task.cancel()
        await self.drained()

    def _begin(self, pool: Pool, event: Event, delay_s: float) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(pool, event, delay_s))
        self._pending.add(task)
        task.add_done_callback(partial(self._finished, event))

    async def _deliver(self, pool: Pool, event: Event, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        result, attempt, condition = None, 0, EXPIRED
        while (wait_s := event.remaining_s(pool.function.max_event_age_s)) > 0:
            try:
                result = await self.invoke(pool, event, attempt=attempt + 1, wait_s=wait_s)
            except AllInstancesBusyError:
                break
            if result.status == "ok":
                return
            attempt += 1
            if attempt > pool.function.retries:
                condition = ERROR_TYPE
                break
            await asyncio.sleep(self._retry_delay_s() * 2 ** (attempt - 1))
        record = failure_record(pool.deployment, event, attempt, result, condition)
        await self._give_up(pool, event, record)

    async def _give_up(self, pool: Pool, event: Event, record: bytes) -> None:
        arn = pool.function.on_failure
        name = pool.function.name
        if arn is None:
            logger.error("%s: event %s lost, no onFailure destination", name, event.request_id)
            return
        await self._destination(arn, record)
        logger.warning("%s: event %s given up, now at %s", name, event.request_id, arn)

    def _finished(self, event: Event, task: asyncio.Task[None]) -> None:
        self._pending.discard(task)
        if task.cancelled():
            return
        self._journal.remove(event)
        if task.exception() is not None:
            logger.error("event %s lost", event.request_id, exc_info=task.exception())


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
