"""Unpacks envelopes down to the records in them, and groups the objects into deliveries."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from facescreen.errors import InvalidEventError
from facescreen.events import oss, s3
from facescreen.events.json_object import MAX_NAME_CHARS, JsonObject, parse_json, require_list
from facescreen.events.parsed_event import Delivery, ParsedEvent, ResponseMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.events.filters import Filters
    from facescreen.model import ObjectRef

# Lambda's limit for a synchronous payload; Function Compute's for asynchronous ones is 128 KB.
_MAX_EVENT_BYTES = 6 * 1024 * 1024
# SQS's limits.
_MAX_MESSAGE_CHARS = 1024 * 1024
_MAX_BATCH_RECORDS = 10_000
# S3 and EventBridge put one record into a message.
_MAX_RECORDS_PER_MESSAGE = 100
# An SQS event that contains an SNS envelope that contains an S3 notification.
_MAX_ENVELOPE_DEPTH = 3


def read_event(event: bytes | str | Mapping[str, Any] | list[Any], filters: Filters) -> ParsedEvent:
    """Read every record of `event`. Raises InvalidEventError if its format is unknown.

    Function Compute passes bytes; Lambda passes JSON that it has parsed already.
    """
    content = _decode_json(event) if isinstance(event, (bytes, str)) else event
    if isinstance(content, Mapping):
        if "tasks" in content:
            return _read_batch_job(JsonObject(content, "event"), filters)
        records = content.get("Records")
        if isinstance(records, list) and any(map(_is_sqs_message, records)):
            deliveries = _read_deliveries(records, filters, _EnvelopeReader.read_sqs_message)
            return ParsedEvent(deliveries, ResponseMode.ITEM_FAILURES)
    reader = _EnvelopeReader(filters, max_records=_MAX_BATCH_RECORDS)
    reader.read_envelope(content)
    return ParsedEvent([reader.delivery])


def _decode_json(content: bytes | str, name: str = "the event") -> Any:
    """Parse JSON, or Base64 of JSON as in MNS messages. Raises InvalidEventError; `name` says in
    the message what it is."""
    if len(content) > _MAX_EVENT_BYTES:
        raise InvalidEventError(f"{name} is {len(content)} long, over {_MAX_EVENT_BYTES}")
    try:
        text = content if isinstance(content, str) else content.decode()
        if not text.lstrip().startswith(("{", "[")):
            text = base64.b64decode(text, validate=True).decode()
    except ValueError:
        raise InvalidEventError(f"{name} is neither JSON nor Base64 of JSON, in UTF-8") from None
    return parse_json(text, name)


def _is_sqs_message(record: Any) -> bool:
    return isinstance(record, Mapping) and "body" in record


def _read_batch_job(event: JsonObject, filters: Filters) -> ParsedEvent:
    version = event.get_string("invocationSchemaVersion", MAX_NAME_CHARS)
    if version not in {"1.0", "2.0"}:
        raise InvalidEventError(
            f"invocationSchemaVersion is {version}; only 1.0 and 2.0 are supported"
        )
    invocation = {
        "invocationSchemaVersion": version,
        "invocationId": event.get_string("invocationId"),
    }
    tasks = require_list(event.values["tasks"], "tasks")
    deliveries = _read_deliveries(tasks, filters, _EnvelopeReader.read_task)
    return ParsedEvent(deliveries, ResponseMode.TASK_RESULTS, invocation)


def _read_deliveries(
    records: list[Any], filters: Filters, read: Callable[[_EnvelopeReader, Any], None]
) -> list[Delivery]:
    """Read each record of a batch into a delivery of its own."""
    if len(records) > _MAX_BATCH_RECORDS:
        raise InvalidEventError(f"the event has {len(records)} records, over {_MAX_BATCH_RECORDS}")
    readers = [_EnvelopeReader(filters, max_records=_MAX_RECORDS_PER_MESSAGE) for _ in records]
    for reader, record in zip(readers, records, strict=True):
        reader.read_records([record], partial(read, reader))
    return [reader.delivery for reader in readers]


@dataclass(frozen=True)
class _EnvelopeReader:
    """Reads the envelopes of one delivery. An invalid record does not affect the others."""

    filters: Filters
    max_records: int
    """Limit for the delivery. A longer list is rejected as a whole, with one error."""
    delivery: Delivery = field(default_factory=Delivery)

    def read_records(self, records: list[Any], read: Callable[[Any], None]) -> None:
        """Read records one by one, and keep the error of each invalid one. Raises
        InvalidEventError if there are too many."""
        if self.delivery.record_count + len(records) > self.max_records:
            raise InvalidEventError(f"the event has more than {self.max_records} records in one")
        for record in records:
            try:
                read(record)
            except InvalidEventError as error:
                self.delivery.errors.append(error)

    def read_sqs_message(self, record: Any) -> None:
        """Read an SQS record."""
        fields = JsonObject.from_value(record, "record")
        self.delivery.id = fields.get_string("messageId")
        if "attributes" in fields:
            self.delivery.receive_count = _parse_receive_count(fields.get_object("attributes"))
        self.delivery.body = fields.get_string("body", max_chars=_MAX_MESSAGE_CHARS)
        self._read_message(fields, "body")

    def read_task(self, record: Any) -> None:
        """Read a task of Batch Operations."""
        fields = JsonObject.from_value(record, "task")
        self.delivery.id = fields.get_string("taskId")
        self._add_or_skip(s3.read_task(fields))

    def read_envelope(self, event: Any, depth: int = 1) -> None:
        """Read any envelope except a batch. Raises InvalidEventError if its format is unknown."""
        if depth > _MAX_ENVELOPE_DEPTH:
            raise InvalidEventError(
                f"the event has envelopes nested more than {_MAX_ENVELOPE_DEPTH} deep"
            )
        if isinstance(event, list):
            self.read_records(event, partial(self.read_envelope, depth=depth + 1))
        else:
            self._read_json_object(JsonObject.from_value(event, "JSON"), depth)

    def _read_json_object(self, event: JsonObject, depth: int) -> None:
        if "events" in event:
            self.read_records(require_list(event.values["events"], "events"), self._read_oss_record)
        elif "Records" in event:
            read = partial(self._read_aws_record, depth=depth)
            self.read_records(require_list(event.values["Records"], "Records"), read)
        elif "Message" in event:
            self._read_message(event, "Message", depth)
        elif "detail-type" in event:
            self._add_or_skip(s3.read_event_bridge_event(event))
        elif "data" in event:
            self._read_cloud_event(event, depth)
        elif s3.is_test_event(event):
            self.delivery.skip_counts["test"] += 1
        else:
            raise _build_unknown_format_error("event", event)

    def _read_cloud_event(self, event: JsonObject, depth: int) -> None:
        """Read a CloudEvent: OSS's own, or that of an MNS queue around a message from OSS."""
        data = event.values["data"]
        if isinstance(data, Mapping) and "messageBody" in data:
            self._read_message(event.get_object("data"), "messageBody", depth)
        else:
            self._add_or_skip(oss.read_cloud_event(event), is_symlink=oss.is_about_symlink(event))

    def _read_oss_record(self, record: Any) -> None:
        fields = JsonObject.from_value(record, "record")
        self._add_or_skip(oss.read_record(fields), is_symlink=oss.is_about_symlink(fields))

    def _read_aws_record(self, record: Any, depth: int) -> None:
        """Read an element of ``Records[]``: S3's, or SNS's envelope around it."""
        fields = JsonObject.from_value(record, "record")
        if "Sns" in fields:
            self._read_message(fields.get_object("Sns"), "Message", depth)
        elif "s3" in fields:
            self._add_or_skip(s3.read_record(fields))
        else:
            raise _build_unknown_format_error("record", fields)

    def _read_message(self, fields: JsonObject, key: str, depth: int = 1) -> None:
        """Read the envelope in a message: an SQS body, an SNS or MNS message."""
        text = fields.get_string(key, max_chars=_MAX_MESSAGE_CHARS)
        self.read_envelope(_decode_json(text, f"the event's {fields.path}.{key}"), depth + 1)

    def _add_or_skip(self, ref: ObjectRef | None, *, is_symlink: bool = False) -> None:
        """Add the object to those to screen, or count why it is skipped."""
        if ref is None:
            self.delivery.skip_counts["event"] += 1
        elif ref.is_folder_marker and not is_symlink:
            self.delivery.skip_counts["folder"] += 1
        elif reason := self.filters.get_skip_reason(ref):
            self.delivery.skip_counts[reason] += 1
        else:
            self.delivery.objects.append(ref)


def _parse_receive_count(attributes: JsonObject) -> int:
    text = attributes.get_string("ApproximateReceiveCount")
    if not text.isdecimal():
        raise InvalidEventError("the event's ApproximateReceiveCount must be a whole number")
    return int(text)


def _build_unknown_format_error(what: str, fields: JsonObject) -> InvalidEventError:
    names = ", ".join(sorted(str(name)[:40] for name in fields.values)[:8])
    return InvalidEventError(f"the {what} has an unknown format, with the fields: {names}")
