"""Opens envelopes down to the records in them, and sorts these into deliveries."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from facescreen.errors import BadEvent

from . import oss, s3
from .deliveries import Answer, Delivery, Triggered
from .fields import Fields, listed, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from facescreen.filters import Filters
    from facescreen.storage import ObjectRef

# Lambda's largest synchronous payload; Function Compute's asynchronous ones end at 128 KB.
_LARGEST_EVENT = 6 * 1024 * 1024
_LARGEST_MESSAGE = 1024 * 1024
"""SQS's largest message."""
_DEEPEST = 3
"""An event of SQS, in it an envelope of SNS, in it a notification of S3."""


def read_event(event: bytes | str | Mapping[str, Any], filters: Filters) -> Triggered:
    """Reads every record of `event`. Raises BadEvent where the whole is of no known shape.

    A `Mapping` is what Lambda makes of the JSON, bytes are what Function Compute hands over.
    """
    content = _decoded(event) if isinstance(event, (bytes, str)) else event
    if isinstance(content, Mapping):
        if "tasks" in content:
            return _batch_job(Fields(content, "event"), filters)
        records = content.get("Records")
        if isinstance(records, list) and any(map(_is_message, records)):
            return _queue_batch(records, filters)
    whole = _Opener(Delivery(), filters)
    whole.open(content)
    return Triggered([whole.delivery])


def _decoded(event: bytes | str) -> Any:
    """The JSON of an event: as it is, or in Base64, as MNS notifications carry it."""
    if len(event) > _LARGEST_EVENT:
        raise BadEvent(f"the event has {len(event)} bytes, over {_LARGEST_EVENT}")
    try:
        text = event if isinstance(event, str) else event.decode()
        if not text.lstrip().startswith(("{", "[")):
            text = base64.b64decode(text, validate=True).decode()
    except ValueError:
        raise BadEvent("the event is neither JSON nor Base64 of JSON, in UTF-8") from None
    return parsed(text, "the event")


def _is_message(record: Any) -> bool:
    return isinstance(record, Mapping) and "body" in record


def _queue_batch(records: list[Any], filters: Filters) -> Triggered:
    deliveries = []
    for record in listed(records, "Records"):
        message = _Opener(Delivery(), filters)
        message.each([record], message.open_message)
        deliveries.append(message.delivery)
    return Triggered(deliveries, Answer.ITEM_FAILURES)


def _batch_job(event: Fields, filters: Filters) -> Triggered:
    invocation = {name: event.text(name) for name in ("invocationSchemaVersion", "invocationId")}
    version = invocation["invocationSchemaVersion"]
    if version not in {"1.0", "2.0"}:
        raise BadEvent(f"invocationSchemaVersion is {version}; 1.0 and 2.0 can be read")
    deliveries = []
    for record in listed(event.values["tasks"], "tasks"):
        task = _Opener(Delivery(), filters)
        task.each([record], task.open_task)
        deliveries.append(task.delivery)
    return Triggered(deliveries, Answer.TASK_RESULTS, invocation)


@dataclass(frozen=True)
class _Opener:
    """Opens what one delivery holds. What can't be read is the fault of that record alone."""

    delivery: Delivery
    filters: Filters

    def each(self, records: Iterable[Any], read: Callable[[Any], None]) -> None:
        for record in records:
            try:
                read(record)
            except BadEvent as fault:
                self.delivery.faults.append(fault)

    def open_message(self, record: Any) -> None:
        """An SQS record."""
        fields = Fields.of(record, "record")
        self.delivery.id = fields.text("messageId")
        if "attributes" in fields:
            self.delivery.receive_count = _receive_count(fields.section("attributes"))
        self._open_text(fields.values.get("body"), "body", depth=2)

    def open_task(self, record: Any) -> None:
        """A task of Batch Operations."""
        fields = Fields.of(record, "task")
        self.delivery.id = fields.text("taskId")
        self._sort(s3.from_task(fields))

    def open(self, event: Any, depth: int = 1) -> None:
        """Any envelope but a batch. Raises BadEvent where it is of no known shape."""
        if isinstance(event, list):
            self.each(listed(event, "list"), self._open_cloud_event)
            return
        fields = Fields.of(event, "JSON")
        if "events" in fields:
            self.each(listed(event["events"], "events"), self._open_oss_record)
        elif "Records" in fields:
            read = partial(self._open_record, depth=depth)
            self.each(listed(event["Records"], "Records"), read)
        elif "Message" in fields:
            self._open_text(event["Message"], "Message", depth + 1)
        elif "detail-type" in fields:
            self._sort(s3.from_event_bridge(fields))
        elif "data" in fields:
            self._sort(oss.from_cloud_event(fields))
        elif s3.is_test(fields):
            self.delivery.skipped["test"] += 1
        else:
            raise _unknown("an event", fields)

    def _open_text(self, text: Any, name: str, depth: int) -> None:
        """A message as JSON in a text: what an SQS body and an SNS message are."""
        if depth > _DEEPEST:
            raise BadEvent(f"the event has envelopes more than {_DEEPEST} deep")
        if not isinstance(text, str):
            raise BadEvent(f"the event's {name} must be a text, not {type(text).__name__}")
        if len(text) > _LARGEST_MESSAGE:
            raise BadEvent(f"the event's {name} has {len(text)} characters")
        self.open(parsed(text, f"the event's {name}"), depth)

    def _open_record(self, record: Any, depth: int) -> None:
        """An element of ``Records[]``: S3's, or SNS's around it."""
        fields = Fields.of(record, "record")
        if "Sns" in fields:
            self._open_text(fields.section("Sns").values.get("Message"), "Message", depth + 1)
        elif "s3" in fields:
            self._sort(s3.from_record(fields))
        else:
            raise _unknown("a record", fields)

    def _open_oss_record(self, record: Any) -> None:
        self._sort(oss.from_record(record))

    def _open_cloud_event(self, event: Any) -> None:
        self._sort(oss.from_cloud_event(Fields.of(event, "element")))

    def _sort(self, ref: ObjectRef | None) -> None:
        reason = self._reason_to_skip(ref)
        if ref is None or reason:
            self.delivery.skipped[reason] += 1
        else:
            self.delivery.objects.append(ref)

    def _reason_to_skip(self, ref: ObjectRef | None) -> str:
        """``event`` where there is no object in it; empty when it is ours."""
        if ref is None:
            return "event"
        # Consoles mark folders so. What has bytes under such a key is no marker.
        if ref.key.endswith("/") and not ref.size:
            return "folder"
        return self.filters.reason_to_skip(ref)


def _receive_count(attributes: Fields) -> int:
    text = attributes.text("ApproximateReceiveCount")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadEvent("the event's attributes.ApproximateReceiveCount must be a whole number")
    return int(text)


def _unknown(what: str, fields: Fields) -> BadEvent:
    known = ", ".join(sorted(str(name)[:40] for name in fields.values)[:8])
    return BadEvent(f"{what} of no known shape; it has the fields: {known}")
