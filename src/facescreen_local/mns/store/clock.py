"""Times as the tables hold them."""

from __future__ import annotations

import time


def now() -> int:
    """Milliseconds since the epoch."""
    return round(time.time() * 1000)
