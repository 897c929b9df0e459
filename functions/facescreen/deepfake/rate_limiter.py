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
SLACK = 1.03
"""Turns lie this much further apart than the quota asks, so that calls that are a little early or
late on their way still keep to it."""


class Pace(Protocol):
    """Hands out turns: the moments at which a call may start."""

    def reserve(self, longest_s: float) -> float | None:
        """Takes the next free turn and says how many seconds away it is.

        None, and nothing taken, where that is more than `longest_s`.
        """


class Interval:
    """The port Pace: evenly spaced turns for one process."""

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


class Fleet:
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
        self._interval = SLACK / calls_per_second
        self._turns = max(1, int(WINDOW_S / self._interval))
        # A batch's threads would take the turns from under each other, and read again each time.
        self._lock = threading.Lock()

    def reserve(self, longest_s: float) -> float | None:
        """Seconds until this caller's turn."""
        with self._lock:
            while True:
                now = self._clock()
                window, taken, turn = self._next_free(now)
                wait = window * WINDOW_S + turn * self._interval - now
                if wait > longest_s:
                    return None
                if self._state.append(self._key(window), taken, b"." * (turn - taken + 1)):
                    return max(0.0, wait)

    def _next_free(self, now: float) -> tuple[int, int, int]:
        """Window, turns taken in it, and the first one that is free and has not gone by."""
        window = int(now // WINDOW_S)
        while True:
            taken = len(self._state.read(self._key(window)))
            gone_by = math.ceil((now - window * WINDOW_S) / self._interval)
            turn = max(taken, gone_by)
            if turn < self._turns:
                return window, taken, turn
            window += 1

    def _key(self, window: int) -> str:
        return f"{self._prefix}{window}"
