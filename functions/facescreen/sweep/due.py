"""When an object that has no verdict is handed over again.

Stores deliver an event at least once only as long as they deliver. So an object is looked at some
time after it was written, and where no verdict comes, after four times as long, and so on: what
fails for good is not handed over for ever, and each object's tags are read a few times in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

TIMES = 4
_FACTOR = 4


@dataclass(frozen=True)
class Ages:
    """The ages at which an object is looked at: half an hour, 2 hours, 8 and 32, for instance."""

    first: timedelta

    @property
    def all(self) -> tuple[timedelta, ...]:
        """TIMES of them, each four times the one before."""
        return tuple(self.first * _FACTOR**number for number in range(TIMES))

    def any_between(self, written: datetime, since: datetime, until: datetime) -> bool:
        """Whether what was written then came to one of these ages after `since`, up to `until`."""
        return any(since < written + age <= until for age in self.all)
