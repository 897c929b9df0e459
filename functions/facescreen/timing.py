"""Clocks, deadlines, timings of steps, retries, and two requests at the same time."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol, TypeVar

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_RETRY_DELAYS_S = (0.2, 0.5, 1.0)
ResultT = TypeVar("ResultT")
FirstT = TypeVar("FirstT")
SecondT = TypeVar("SecondT")


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> float:
        """Return the seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class StoreClock:
    """The port Clock: follows the dates of the store's responses, so that workers agree about the
    time although the clocks of their machines differ. Until the first response it is the machine's
    clock."""

    def __init__(
        self,
        local_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.local_clock = local_clock
        self.sleep = sleep
        self._offset_s = 0.0

    def now(self) -> float:
        """Return the seconds since the epoch by the store's clock, to about a second."""
        return self.local_clock() + self._offset_s

    def synchronize(self, date: datetime, requested_at: float) -> None:
        """Correct the clock as far as a response proves it wrong: its Date, in whole seconds, was
        set between `requested_at` and now, by `local_clock`. A slow response proves little."""
        earliest_offset_s = date.timestamp() - self.local_clock()
        latest_offset_s = date.timestamp() + 1 - requested_at
        self._offset_s = min(max(self._offset_s, earliest_offset_s), latest_offset_s)


@dataclass(frozen=True)
class Deadline:
    """A time on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline in `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining_s(self) -> float:
        """Return the seconds until the deadline; negative once it has passed."""
        return self.at - time.monotonic()


class Timings:
    """Durations of named steps and, from the event's time (ISO 8601, UTC), of its delivery."""

    def __init__(self, event_time: str = "") -> None:
        self._started = time.monotonic()
        self._durations_ms: dict[str, float] = {}
        with suppress(ValueError):
            event_sent_at = datetime.fromisoformat(event_time.replace("Z", "+00:00"))
            if event_sent_at.tzinfo is not None:
                delivery_time = datetime.now(timezone.utc) - event_sent_at
                self._durations_ms["queued_ms"] = round(
                    max(0.0, delivery_time.total_seconds() * 1000), 1
                )

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measure how long the block takes, as the step `name`."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._durations_ms[f"{name}_ms"] = _elapsed_ms(started)

    @property
    def durations_ms(self) -> dict[str, float]:
        """Milliseconds by step so far, and in total."""
        return {**self._durations_ms, "total_ms": _elapsed_ms(self._started)}


def retry(
    function: Callable[[], ResultT],
    delays_s: Sequence[float] = _RETRY_DELAYS_S,
    sleep: Callable[[float], None] = time.sleep,
) -> ResultT:
    """Return the result of `function`. It is called again after each delay if it raises
    errors.TransientError."""
    for delay_s in delays_s:
        try:
            return function()
        except errors.TransientError:
            sleep(delay_s)
    return function()


class SideBySide(Protocol):
    """Runs two functions at the same time."""

    def __call__(
        self, first: Callable[[], FirstT], second: Callable[[], SecondT]
    ) -> tuple[FirstT, SecondT]:
        """Return both results once both have ended. Raises the first error of `first`, or else of
        `second`."""


def run_side_by_side(
    first: Callable[[], FirstT], second: Callable[[], SecondT]
) -> tuple[FirstT, SecondT]:
    """The port SideBySide: `second` runs in a thread of its own."""
    results: list[SecondT] = []
    failures: list[BaseException] = []

    def run_second() -> None:
        try:
            results.append(second())
        # It is raised by the caller's thread.
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=run_second)
    thread.start()
    try:
        first_result = first()
    finally:
        thread.join()
    if failures:
        raise failures[0]
    return first_result, results[0]


def _elapsed_ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
