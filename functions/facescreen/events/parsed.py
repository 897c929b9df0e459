"""What an event asks for, by what the platform delivers, and retries, as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.errors import InvalidEventError
    from facescreen.model import ObjectRef


class Answer(Enum):
    """How the platform wants to hear what failed."""

    NONE = "none"
    """It reads no answer: raising fails the event as a whole."""
    ITEM_FAILURES = "item_failures"
    """SQS: ``{"batchItemFailures": [{"itemIdentifier": delivery.id}, ...]}``."""
    TASK_RESULTS = "task_results"
    """S3 Batch Operations: ``{"results": [{"taskId": delivery.id, "resultCode": ...}, ...]}``."""


@dataclass
class Delivery:
    """One SQS message, one Batch Operations task, or a whole event of any other kind."""

    id: str = ""
    """SQS ``messageId`` or ``taskId``. Empty for a whole event, and where a record in a batch had
    none: SQS takes an empty identifier as the failure of the whole batch."""
    receive_count: int | None = None
    """How often SQS has handed the message out, this time included; None where nobody counts."""
    objects: list[ObjectRef] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """How many records were not ours to screen, by reason: ``event``, ``folder``, ``test``, or
    what the filters say."""
    faults: list[InvalidEventError] = field(default_factory=list)
    """Records that could not be read; the others are screened all the same."""
    body: str = field(default="", repr=False)
    """Of an SQS message, as it came."""

    @property
    def records(self) -> int:
        """How many records were read, to whatever end."""
        return len(self.objects) + sum(self.skipped.values()) + len(self.faults)


@dataclass
class Triggered:
    """An event, read: its deliveries, and over all of them what is to screen."""

    deliveries: list[Delivery] = field(default_factory=list)
    answer: Answer = Answer.NONE
    invocation: dict[str, str] = field(default_factory=dict)
    """What an answer to S3 Batch Operations repeats of its event: ``invocationSchemaVersion`` and
    ``invocationId``. Empty for all others."""

    @property
    def objects(self) -> list[ObjectRef]:
        """To be screened, in the event's order."""
        return [ref for delivery in self.deliveries for ref in delivery.objects]

    @property
    def skipped(self) -> Counter[str]:
        """How many records were not ours to screen, by reason."""
        return sum((delivery.skipped for delivery in self.deliveries), Counter[str]())

    @property
    def faults(self) -> list[InvalidEventError]:
        """What could not be read."""
        return [fault for delivery in self.deliveries for fault in delivery.faults]
