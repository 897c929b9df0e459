"""When a call may start: the port Pace, for one process and for every instance of a fleet."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.storage.ports import StateStore

WINDOW_S = 60
SAFETY_FACTOR = 1.03
"""Turns lie this much further apart than the quota asks, so that calls that are a little early or
late on their way still keep to it."""


class RateLimiter(Protocol):
    """Hands out turns: the moments at which a call may start."""

    def reserve(self, max_wait_s: float) -> float | None:
        """Takes the next free turn and says how many seconds away it is.

        None, and nothing taken, where that is more than `longest_s`.
        """


class LocalRateLimiter:
    """The port Pace: evenly spaced turns for one process."""

    def __init__(
        self, calls_per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_s = 1 / calls_per_second
        self._clock = clock
        self._next_slot_at = clock()
        self._lock = threading.Lock()

    def reserve(self, max_wait_s: float) -> float | None:
        """Seconds until this caller's turn."""
        with self._lock:
            now = self._clock()
            slot = max(now, self._next_slot_at)
            if slot - now > max_wait_s:
                return None
            self._next_slot_at = slot + self._interval_s
            return slot - now


class SharedRateLimiter:
    """The port Pace: evenly spaced turns for all who share the state bucket.

    Time is cut into windows of WINDOW_S, and each window into turns. Each window has an append-only
    object, ``pace/29923200``, whose length is the first turn that is still free. To take a turn is
    to append up to the one that is next in time, at the length that was read (StateStore.append):
    two can never take the same one. A turn costs two small requests, and none is handed out that
    has gone by, so there are never two bursts back to back.
    """

    def __init__(
        self,
        state: StateStore,
        calls_per_second: float,
        *,
        prefix: str = "pace/",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._prefix = prefix
        self._clock = clock
        self._interval_s = SAFETY_FACTOR / calls_per_second
        self._slots_per_window = max(1, int(WINDOW_S / self._interval_s))
        # A batch's threads would take the turns from under each other, and read again each time.
        self._lock = threading.Lock()

    def reserve(self, max_wait_s: float) -> float | None:
        """Seconds until this caller's turn."""
        with self._lock:
            while True:
                now = self._clock()
                window, taken, slot = self._find_free_slot(now)
                wait_s = window * WINDOW_S + slot * self._interval_s - now
                if wait_s > max_wait_s:
                    return None
                if self._state.append(self._window_key(window), taken, b"." * (slot - taken + 1)):
                    return max(0.0, wait_s)

    def _find_free_slot(self, now: float) -> tuple[int, int, int]:
        """Window, turns taken in it, and the first one that is free and has not gone by."""
        window = int(now // WINDOW_S)
        while True:
            taken = len(self._state.read(self._window_key(window)))
            first_future_slot = math.ceil((now - window * WINDOW_S) / self._interval_s)
            slot = max(taken, first_future_slot)
            if slot < self._slots_per_window:
                return window, taken, slot
            window += 1

    def _window_key(self, window: int) -> str:
        return f"{self._prefix}{window}"
