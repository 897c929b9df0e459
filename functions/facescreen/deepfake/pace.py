"""How fast calls may follow each other."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace(Protocol):
    """Hands out the moments at which a call may start."""

    def reserve(self) -> float:
        """Takes the next free moment and says how many seconds away it is."""


class Interval:
    """Evenly spaced calls, for one process: no burst ever leaves it."""

    def __init__(
        self, calls_per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / calls_per_second
        self._clock = clock
        self._next = clock()
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Seconds until this caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._interval
            return turn - now
