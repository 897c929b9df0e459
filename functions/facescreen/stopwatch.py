"""Where the milliseconds of one screening go."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stopwatch:
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
    def step(self, name: str) -> Iterator[None]:
        """Adds the time that the block takes."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._steps[f"{name}_ms"] = _milliseconds(started)

    @property
    def timing(self) -> dict[str, float]:
        """Milliseconds by step so far, and in total."""
        return {**self._steps, "total_ms": _milliseconds(self._started)}


def _milliseconds(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
