"""The unit of time of the tables."""

from __future__ import annotations

import time


def now_ms() -> int:
    """The current time in milliseconds since the epoch."""
    return round(time.time() * 1000)
