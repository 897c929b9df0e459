"""Rate limiting: the port RateLimiter, a limiter for one process, and one for all instances."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.storage.ports import StateStore

WINDOW_S = 60
"""The time whose slots one object of the state bucket counts."""
SAFETY_FACTOR = 1.03
"""Slots are this much further apart than the quota requires, so that calls that arrive a little
early or late still stay within it."""


class RateLimiter(Protocol):
    """The port that assigns slots: the moments at which a call may start."""

    def reserve(self, max_wait_s: float) -> float | None:
        """Reserve the next free slot. Returns the seconds until it starts.

        Returns None, and reserves nothing, if that is more than `max_wait_s`.
        """


class LocalRateLimiter:
    """The port RateLimiter: evenly spaced slots for one process."""

    def __init__(
        self, calls_per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_s = 1 / calls_per_second
        self._clock = clock
        self._next_slot_s = clock()
        self._lock = threading.Lock()

    def reserve(self, max_wait_s: float) -> float | None:
        """Reserve the next slot. Returns the seconds until it starts, or None."""
        with self._lock:
            now = self._clock()
            slot = max(now, self._next_slot_s)
            if slot - now > max_wait_s:
                return None
            self._next_slot_s = slot + self._interval_s
            return slot - now


class SharedRateLimiter:
    """The port RateLimiter: evenly spaced slots for everyone who shares the state bucket.

    Time is divided into windows of WINDOW_S, and each window into slots. Each window has an
    append-only object, ``pace/29923200``, whose length is the number of the first free slot. A slot
    is reserved by appending up to the next one in time, at the length that was read
    (StateStore.append), so a slot is never reserved twice. A slot costs two small requests. Slots
    in the past are never assigned, so there are no bursts.
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
        # Without the lock, a batch's threads would invalidate each other's length and read again.
        self._lock = threading.Lock()

    def reserve(self, max_wait_s: float) -> float | None:
        """Reserve the next slot. Returns the seconds until it starts, or None."""
        with self._lock:
            while True:
                now = self._clock()
                window, taken, slot = self._find_free_slot(now)
                wait_s = window * WINDOW_S + slot * self._interval_s - now
                if wait_s > max_wait_s:
                    return None
                if self._state.append(self._build_key(window), taken, b"." * (slot - taken + 1)):
                    return max(0.0, wait_s)

    def _find_free_slot(self, now: float) -> tuple[int, int, int]:
        """Return the window, the number of slots taken in it, and the first free slot in the
        future."""
        window = int(now // WINDOW_S)
        while True:
            taken = len(self._state.read(self._build_key(window)))
            first_future_slot = math.ceil((now - window * WINDOW_S) / self._interval_s)
            slot = max(taken, first_future_slot)
            if slot < self._slots_per_window:
                return window, taken, slot
            window += 1

    def _build_key(self, window: int) -> str:
        return f"{self._prefix}{window}"
