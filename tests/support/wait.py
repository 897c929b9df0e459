"""Wait for something that takes its own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(
    true: Callable[[], bool], what: str, seconds: float = 60, *, every_s: float = 0.05
) -> None:
    """Poll until `true()`; after `seconds` fail and say that `what` did not come."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"waited {seconds} s for {what}"
        time.sleep(every_s)
