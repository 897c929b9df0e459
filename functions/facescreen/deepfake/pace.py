"""How fast calls may follow each other."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace(Protocol):
    """Hands out turns: the moments at which a call may start."""

    def reserve(self, longest_s: float) -> float | None:
        """Takes the next free turn and says how many seconds away it is.

        None, and nothing taken, where that is more than `longest_s`.
        """


class Interval:
    """Evenly spaced turns for one process."""

    def __init__(
        self, calls_per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / calls_per_second
        self._clock = clock
        self._next = clock()
        self._lock = threading.Lock()

    def reserve(self, longest_s: float) -> float | None:
        """Seconds until this caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            if turn - now > longest_s:
                return None
            self._next = turn + self._interval
            return turn - now
