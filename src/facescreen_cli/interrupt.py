"""Stops a run early: nothing new starts, and what has started finishes."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from facescreen.deepfake.rate_limiter import SAFETY_FACTOR, LocalRateLimiter
from facescreen.errors import OperatorError
from facescreen.timing import Deadline

_POLL_INTERVAL_S = 0.1


class StopRequestedError(Exception):
    """Raised instead of starting a call after a stop was requested."""


class StopSignal:
    """Whether to stop early, and why. Not a threading.Event: the code that the signal interrupts
    may hold the Event's lock."""

    def __init__(self) -> None:
        self.interrupted = False
        self.error: OperatorError | None = None
        """An error that every other call would raise too."""
        self.closed = False
        """Whether the reader of the results has closed the output."""

    @property
    def requested(self) -> bool:
        """Whether nothing new may start."""
        return self.interrupted or self.closed or self.error is not None

    @contextmanager
    def stop_on_interrupt(self) -> Iterator[None]:
        """Within the block the first Ctrl-C requests a stop, and a second one ends the process."""
        previous_handler = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous_handler)

    def _interrupt(self, _: int, __: FrameType | None) -> None:
        self.interrupted = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)


class StoppableRateLimiter:
    """The port RateLimiter: evenly spaced slots. It waits for the slot itself, so that a stop can
    cut the wait short."""

    def __init__(self, calls_per_second: float, stop: StopSignal) -> None:
        self._limiter = LocalRateLimiter(calls_per_second / SAFETY_FACTOR)
        self._stop = stop

    def reserve(self, max_wait_s: float) -> float | None:
        """Wait for a slot and return 0. Returns None if the wait would exceed `max_wait_s`. Raises
        StopRequestedError."""
        wait_s = self._limiter.reserve(max_wait_s)
        if wait_s is None:
            return None
        slot = Deadline.after(wait_s)
        while (left_s := slot.remaining_s()) > 0 and not self._stop.requested:
            time.sleep(min(left_s, _POLL_INTERVAL_S))
        if self._stop.requested:
            raise StopRequestedError
        return 0.0
