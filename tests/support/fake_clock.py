"""A clock that the test sets."""

from __future__ import annotations


class FakeClock:
    """Returns `now`, in seconds since the epoch, until the test changes it or something sleeps."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.now += seconds
