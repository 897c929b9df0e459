"""A parsed event: its deliveries, which are what the platform delivers and retries as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.errors import InvalidEventError
    from facescreen.model import ObjectRef


class ResponseMode(Enum):
    """How the platform learns which deliveries failed."""

    NONE = "none"
    """It reads no response: an exception fails the event as a whole."""
    ITEM_FAILURES = "item_failures"
    """SQS: ``{"batchItemFailures": [{"itemIdentifier": delivery.id}, ...]}``."""
    TASK_RESULTS = "task_results"
    """S3 Batch Operations: ``{"results": [{"taskId": delivery.id, "resultCode": ...}, ...]}``."""


@dataclass
class Delivery:
    """One SQS message, one Batch Operations task, or a whole event of any other kind."""

    id: str = ""
    """SQS ``messageId`` or ``taskId``. Empty for a whole event, and for a record in a batch without
    one: SQS treats an empty identifier as the failure of the whole batch."""
    receive_count: int | None = None
    """How often SQS has delivered the message, this time included; None for other sources."""
    objects: list[ObjectRef] = field(default_factory=list)
    skip_counts: Counter[str] = field(default_factory=Counter)
    """Number of records that are not to be screened, by reason: ``event``, ``folder``, ``test``, or
    the reason that the filters return."""
    errors: list[InvalidEventError] = field(default_factory=list)
    """One for each record that could not be read. The other records are screened."""
    body: str = field(default="", repr=False)
    """The body of an SQS message, unchanged."""

    @property
    def record_count(self) -> int:
        """Number of records read so far, whatever became of them."""
        return len(self.objects) + sum(self.skip_counts.values()) + len(self.errors)


@dataclass
class ParsedEvent:
    """An event's deliveries, and the objects to screen in all of them."""

    deliveries: list[Delivery] = field(default_factory=list)
    response_mode: ResponseMode = ResponseMode.NONE
    invocation: dict[str, str] = field(default_factory=dict)
    """Fields of an S3 Batch Operations event that the response repeats:
    ``invocationSchemaVersion`` and ``invocationId``. Empty for all other events."""

    @property
    def objects(self) -> list[ObjectRef]:
        """The objects to screen, in the event's order."""
        return [ref for delivery in self.deliveries for ref in delivery.objects]

    @property
    def skip_counts(self) -> Counter[str]:
        """Number of records that are not to be screened, by reason."""
        return sum((delivery.skip_counts for delivery in self.deliveries), Counter[str]())

    @property
    def errors(self) -> list[InvalidEventError]:
        """One for each record that could not be read."""
        return [error for delivery in self.deliveries for error in delivery.errors]
