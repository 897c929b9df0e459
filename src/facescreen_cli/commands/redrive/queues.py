"""The port for dead-letter queues. A run hides the letters it reads from others."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Protocol

VISIBILITY_TIMEOUT_S = 1800
"""How long a received message is hidden from others: enough to read the causes and confirm."""
_SAFETY_MARGIN_S = 30


@dataclass(frozen=True)
class ReceivedMessage:
    """A message as received from the queue."""

    receipt: str = field(repr=False)
    body: bytes = field(repr=False)
    sent_at: datetime
    visible_at: float
    """When others may see it again, on the monotonic clock."""
    error: str = ""
    """The error's class and its message, if the function sent the message itself."""
    error_message: str = ""

    @property
    def remaining_s(self) -> float:
        """Seconds left to submit it, while nobody else can receive it."""
        return self.visible_at - _SAFETY_MARGIN_S - time.monotonic()


class DeadLetterQueue(Protocol):
    """All methods raise errors.FacescreenError."""

    def receive(self, max_messages: int) -> list[ReceivedMessage]:
        """Receive at most `max_messages`, and hide them for VISIBILITY_TIMEOUT_S. Returns none if
        there are no more."""

    def delete(self, message: ReceivedMessage) -> None:
        """Delete a message."""

    def release(self, message: ReceivedMessage) -> None:
        """Make a message visible to others at once."""


def parse_sent_time(milliseconds: object) -> datetime:
    """The time that a queue received a message, in milliseconds since the epoch; the current time
    if it is unreadable."""
    with suppress(ValueError, OverflowError):
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, timezone.utc)
    return datetime.now(timezone.utc)
