"""Opens envelopes down to the records in them, and sorts these into deliveries."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from facescreen.errors import InvalidEventError
from facescreen.events import oss, s3
from facescreen.events.json_object import LONGEST_NAME, Fields, listed, parsed
from facescreen.events.parsed import Answer, Delivery, Triggered

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.events.filters import Filters
    from facescreen.model import ObjectRef

# Lambda's largest synchronous payload; Function Compute's asynchronous ones end at 128 KB.
_LARGEST_EVENT = 6 * 1024 * 1024
# SQS's largest message and largest batch.
_LARGEST_MESSAGE = 1024 * 1024
_LARGEST_BATCH = 10_000
# S3 and EventBridge put one record into a message.
_MOST_IN_MESSAGE = 100
# An event of SQS, in it an envelope of SNS, in it a notification of S3.
_DEEPEST = 3


def read_event(event: bytes | str | Mapping[str, Any] | list[Any], filters: Filters) -> Triggered:
    """Reads every record of `event`. Raises InvalidEventError where the whole is of no known shape.

    Function Compute hands over bytes, Lambda the JSON that it has parsed already.
    """
    content = _decoded(event) if isinstance(event, (bytes, str)) else event
    if isinstance(content, Mapping):
        if "tasks" in content:
            return _batch_job(Fields(content, "event"), filters)
        records = content.get("Records")
        if isinstance(records, list) and any(map(_is_message, records)):
            deliveries = _each_delivered(records, filters, _Opener.open_message)
            return Triggered(deliveries, Answer.ITEM_FAILURES)
    whole = _Opener(filters, most=_LARGEST_BATCH)
    whole.open(content)
    return Triggered([whole.delivery])


def _decoded(event: bytes | str) -> Any:
    """The JSON of an event: as it is, or in Base64, as MNS notifications carry it."""
    if len(event) > _LARGEST_EVENT:
        raise InvalidEventError(f"the event is {len(event)} long, over {_LARGEST_EVENT}")
    try:
        text = event if isinstance(event, str) else event.decode()
        if not text.lstrip().startswith(("{", "[")):
            text = base64.b64decode(text, validate=True).decode()
    except ValueError:
        raise InvalidEventError("the event is neither JSON nor Base64 of JSON, in UTF-8") from None
    return parsed(text, "the event")


def _is_message(record: Any) -> bool:
    return isinstance(record, Mapping) and "body" in record


def _batch_job(event: Fields, filters: Filters) -> Triggered:
    version = event.text("invocationSchemaVersion", LONGEST_NAME)
    if version not in {"1.0", "2.0"}:
        raise InvalidEventError(f"invocationSchemaVersion is {version}; 1.0 and 2.0 can be read")
    invocation = {"invocationSchemaVersion": version, "invocationId": event.text("invocationId")}
    tasks = listed(event.values["tasks"], "tasks")
    deliveries = _each_delivered(tasks, filters, _Opener.open_task)
    return Triggered(deliveries, Answer.TASK_RESULTS, invocation)


def _each_delivered(
    records: list[Any], filters: Filters, read: Callable[[_Opener, Any], None]
) -> list[Delivery]:
    if len(records) > _LARGEST_BATCH:
        raise InvalidEventError(f"the event has {len(records)} records, over {_LARGEST_BATCH}")
    openers = [_Opener(filters, most=_MOST_IN_MESSAGE) for _ in records]
    for opener, record in zip(openers, records, strict=True):
        opener.each([record], partial(read, opener))
    return [opener.delivery for opener in openers]


@dataclass(frozen=True)
class _Opener:
    """Opens what one delivery holds. What can't be read is the fault of that record alone."""

    filters: Filters
    most: int
    """Records that the delivery may hold. A list that goes beyond is refused, as one fault."""
    delivery: Delivery = field(default_factory=Delivery)

    def each(self, records: list[Any], read: Callable[[Any], None]) -> None:
        """Reads records one by one. Raises InvalidEventError where they are too many."""
        if self.delivery.records + len(records) > self.most:
            raise InvalidEventError(f"the event has more than {self.most} records in one")
        for record in records:
            try:
                read(record)
            except InvalidEventError as fault:
                self.delivery.faults.append(fault)

    def open_message(self, record: Any) -> None:
        """An SQS record."""
        fields = Fields.of(record, "record")
        self.delivery.id = fields.text("messageId")
        if "attributes" in fields:
            self.delivery.receive_count = _receive_count(fields.section("attributes"))
        self.delivery.body = fields.text("body", longest=_LARGEST_MESSAGE)
        self._open_text(fields, "body")

    def open_task(self, record: Any) -> None:
        """A task of Batch Operations."""
        fields = Fields.of(record, "task")
        self.delivery.id = fields.text("taskId")
        self._sort(s3.from_task(fields))

    def open(self, event: Any, depth: int = 1) -> None:
        """Any envelope but a batch. Raises InvalidEventError where it is of no known shape."""
        if depth > _DEEPEST:
            raise InvalidEventError(f"the event has envelopes more than {_DEEPEST} deep")
        if isinstance(event, list):
            self.each(event, partial(self.open, depth=depth + 1))
        else:
            self._open_object(Fields.of(event, "JSON"), depth)

    def _open_object(self, event: Fields, depth: int) -> None:
        if "events" in event:
            self.each(listed(event.values["events"], "events"), self._open_oss_record)
        elif "Records" in event:
            read = partial(self._open_record, depth=depth)
            self.each(listed(event.values["Records"], "Records"), read)
        elif "Message" in event:
            self._open_text(event, "Message", depth)
        elif "detail-type" in event:
            self._sort(s3.from_event_bridge(event))
        elif "data" in event:
            self._sort(oss.from_cloud_event(event))
        elif s3.is_test(event):
            self.delivery.skipped["test"] += 1
        else:
            raise _unknown("an event", event)

    def _open_oss_record(self, record: Any) -> None:
        self._sort(oss.from_record(Fields.of(record, "record")))

    def _open_record(self, record: Any, depth: int) -> None:
        """An element of ``Records[]``: S3's, or SNS's around it."""
        fields = Fields.of(record, "record")
        if "Sns" in fields:
            self._open_text(fields.section("Sns"), "Message", depth)
        elif "s3" in fields:
            self._sort(s3.from_record(fields))
        else:
            raise _unknown("a record", fields)

    def _open_text(self, fields: Fields, key: str, depth: int = 1) -> None:
        """The JSON in a text: what an SQS body and an SNS message are."""
        text = fields.text(key, longest=_LARGEST_MESSAGE)
        self.open(parsed(text, f"the event's {fields.name}.{key}"), depth + 1)

    def _sort(self, ref: ObjectRef | None) -> None:
        """Into what is to screen, and what is not ours."""
        if ref is None:
            self.delivery.skipped["event"] += 1
        elif ref.is_folder_marker:
            self.delivery.skipped["folder"] += 1
        elif reason := self.filters.reason_to_skip(ref):
            self.delivery.skipped[reason] += 1
        else:
            self.delivery.objects.append(ref)


def _receive_count(attributes: Fields) -> int:
    text = attributes.text("ApproximateReceiveCount")
    if not text.isdecimal():
        raise InvalidEventError("the event's ApproximateReceiveCount must be a whole number")
    return int(text)


def _unknown(what: str, fields: Fields) -> InvalidEventError:
    known = ", ".join(sorted(str(name)[:40] for name in fields.values)[:8])
    return InvalidEventError(f"{what} of no known shape; it has the fields: {known}")
