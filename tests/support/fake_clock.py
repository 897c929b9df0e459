"""A clock that the test sets."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """Returns `now`, in seconds since the epoch, until the test changes it or something sleeps."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._scheduled: list[tuple[float, Callable[[], object]]] = []

    def __call__(self) -> float:
        return self.now

    def schedule(self, at: float, action: Callable[[], object]) -> None:
        """Call `action` when the time passes `at`."""
        self._scheduled.append((at, action))
        self._scheduled.sort(key=lambda scheduled: scheduled[0])

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once, and what is scheduled happen."""
        end = self.now + seconds
        while self._scheduled and self._scheduled[0][0] <= end:
            at, action = self._scheduled.pop(0)
            self.now = max(self.now, at)
            action()
        self.now = end
