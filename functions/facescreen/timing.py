"""Time: what an invocation has left, what its steps took, and pauses before another try."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_PAUSES_S = (0.2, 0.5, 1.0)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining_s(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.at - time.monotonic()


class Timings:
    """Steps by name; with the event's time (ISO 8601, UTC), how long it was on its way too."""

    def __init__(self, event_time: str = "") -> None:
        self._started = time.monotonic()
        self._steps: dict[str, float] = {}
        with suppress(ValueError):
            sent = datetime.fromisoformat(event_time.replace("Z", "+00:00"))
            if sent.tzinfo is not None:
                waited = datetime.now(timezone.utc) - sent
                self._steps["queued_ms"] = round(max(0.0, waited.total_seconds() * 1000), 1)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Adds the time that the block takes."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._steps[f"{name}_ms"] = _milliseconds(started)

    @property
    def durations_ms(self) -> dict[str, float]:
        """Milliseconds by step so far, and in total."""
        return {**self._steps, "total_ms": _milliseconds(self._started)}


def retry(ask: Callable[[], _Answer], pauses_s: Sequence[float] = _PAUSES_S) -> _Answer:
    """What `ask` gives; asked again after each pause where it raises errors.TransientError."""
    for pause_s in pauses_s:
        try:
            return ask()
        except errors.TransientError:
            time.sleep(pause_s)
    return ask()


def _milliseconds(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
