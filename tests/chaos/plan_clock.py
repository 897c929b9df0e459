"""The clock of a plan: it stands still while the functions are behind.

So a slow machine takes longer, and events still meet their overwrites.
"""

from __future__ import annotations

import threading
from time import monotonic, sleep

_TICK_S = 0.05


class PlanClock:
    """Seconds since the start of the plan, without the time it was held. Thread-safe."""

    def __init__(self) -> None:
        self._started = monotonic()
        self._held_s = 0.0
        self._held_since: float | None = None
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        with self._lock:
            now = monotonic() if self._held_since is None else self._held_since
            return now - self._started - self._held_s

    def hold(self, is_held: bool) -> None:
        """Stop the clock, or let it go on."""
        with self._lock:
            if is_held and self._held_since is None:
                self._held_since = monotonic()
            elif not is_held and self._held_since is not None:
                self._held_s += monotonic() - self._held_since
                self._held_since = None

    def sleep_until(self, seconds: float) -> None:
        """Return once the clock shows `seconds`."""
        while self.seconds < seconds:
            sleep(_TICK_S)
