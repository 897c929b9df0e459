"""Waiting for what comes in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(
    true: Callable[[], bool], what: str, seconds: float = 60, *, every_s: float = 0.05
) -> None:
    """Waits until `true`, or fails."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"waited {seconds} s for {what}"
        time.sleep(every_s)
