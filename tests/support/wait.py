"""Waits for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(
    condition: Callable[[], bool], what: str, timeout_s: float = 60, *, interval_s: float = 0.05
) -> None:
    """Poll until `condition()` is true; after `timeout_s` fail with a message that names `what`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(interval_s)
