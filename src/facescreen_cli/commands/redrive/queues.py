"""Dead-letter queues: letters are held while a run looks at them, and deleted one by one."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Protocol

VISIBILITY_TIMEOUT_S = 1800
"""How long nobody else sees a letter that was received: time to read, and to say yes."""
_SAFETY_MARGIN_S = 30


@dataclass(frozen=True)
class ReceivedMessage:
    """A letter as it lies in the queue."""

    receipt: str = field(repr=False)
    body: bytes = field(repr=False)
    sent_at: datetime
    until: float
    """On the monotonic clock: when others may see it again."""
    error: str = ""
    """The error's class, and its text, where the function put it there itself."""
    says: str = ""

    @property
    def remaining_s(self) -> float:
        """Seconds in which it may be submitted: nobody else can receive it meanwhile."""
        return self.until - _SAFETY_MARGIN_S - time.monotonic()


class DeadLetterQueue(Protocol):
    """All methods raise errors.FacescreenError."""

    def receive(self, most: int) -> list[ReceivedMessage]:
        """Some letters that nobody holds, `most` or fewer, held for HOLD_S; none when there are no
        more."""

    def delete(self, message: ReceivedMessage) -> None:
        """For good."""

    def release(self, message: ReceivedMessage) -> None:
        """Lets others see it at once."""


def parse_sent_time(milliseconds: object) -> datetime:
    """When a queue says that it got a message; now, where it says nothing of use."""
    with suppress(ValueError, OverflowError):
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, timezone.utc)
    return datetime.now(timezone.utc)
