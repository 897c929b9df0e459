"""How a run ends early: nothing new is begun, and what is under way comes to its end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from facescreen.deepfake.rate_limiter import SAFETY_FACTOR, LocalRateLimiter
from facescreen.errors import OperatorError
from facescreen.timing import Deadline

_POLL_S = 0.1


class StopRequestedError(Exception):
    """A call that was not begun."""


class StopSignal:
    """Whether to end early, and why. No Event here: its lock may be held by the very code that
    the signal interrupts."""

    def __init__(self) -> None:
        self.interrupted = False
        self.fault: OperatorError | None = None
        """What would meet every other call as well."""
        self.closed = False
        """Nobody takes the results any more."""

    @property
    def requested(self) -> bool:
        """Whether nothing new may begin."""
        return self.interrupted or self.closed or self.fault is not None

    @contextmanager
    def on_interrupt(self) -> Iterator[None]:
        """The first Ctrl-C asks to end; a second one ends the process."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, _: int, __: FrameType | None) -> None:
        self.interrupted = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)


class StoppablePace:
    """The port Pace: evenly spaced turns, each waited for here, where the wait can be cut short."""

    def __init__(self, calls_per_second: float, stop: StopSignal) -> None:
        self._interval = LocalRateLimiter(calls_per_second / SAFETY_FACTOR)
        self._stop = stop

    def reserve(self, longest_s: float) -> float | None:
        """0 once it is this caller's turn. Raises StopRequestedError."""
        wait = self._interval.reserve(longest_s)
        if wait is None:
            return None
        turn = Deadline.after(wait)
        while (left := turn.remaining_s()) > 0 and not self._stop.requested:
            time.sleep(min(left, _POLL_S))
        if self._stop.requested:
            raise StopRequestedError
        return 0.0
