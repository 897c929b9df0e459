"""When the paid calls of a run were made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CallTimes:
    """Times of paid calls in epoch seconds, sorted."""

    times: list[float]

    @classmethod
    def of(cls, calls: Iterable[dict[str, Any]]) -> CallTimes:
        """The times of calls as the local cloud's admin API lists them."""
        return cls(sorted(_epoch_seconds(call["time"]) for call in calls))

    @property
    def busiest_second(self) -> int:
        """Highest number of calls in any second."""
        return max(sum(first <= time < first + 1 for time in self.times) for first in self.times)

    @property
    def rate(self) -> float:
        """Calls a second, from the first to the last."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


def _epoch_seconds(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
