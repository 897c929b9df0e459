"""Wait for something that takes its own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(
    condition: Callable[[], bool], what: str, timeout_s: float = 60, *, interval_s: float = 0.05
) -> None:
    """Poll until `true()`; after `seconds` fail and say that `what` did not come."""
    ends = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < ends, f"waited {timeout_s} s for {what}"
        time.sleep(interval_s)
