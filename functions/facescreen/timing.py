"""Deadlines, timings of steps, and retries."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_RETRY_DELAYS_S = (0.2, 0.5, 1.0)
ResultT = TypeVar("ResultT")


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


def retry(function: Callable[[], ResultT], delays_s: Sequence[float] = _RETRY_DELAYS_S) -> ResultT:
    """Return the result of `function`. It is called again after each delay if it raises
    errors.TransientError."""
    for delay_s in delays_s:
        try:
            return function()
        except errors.TransientError:
            time.sleep(delay_s)
    return function()


def _elapsed_ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
