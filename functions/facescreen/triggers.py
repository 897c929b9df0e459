"""Every envelope that a bucket event arrives in -> the objects to screen.

Shapes: function-compute.md, "Bucket events". OSS keys are taken as they stand, never decoded.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import BadEvent
from .storage import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .filters import Filters

# Events after which a whole object stands in the bucket. InitiateMultipartUpload and UploadPart
# come before there is one, AppendObject comes for each piece, PutSymlink's key is the link.
COMPLETE = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"})

_LARGEST_EVENT = 1024 * 1024


@dataclass
class Triggered:
    """What an event asks for."""

    objects: list[ObjectRef] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """How many records were not ours to screen, by reason."""
    faults: list[BadEvent] = field(default_factory=list)
    """Records that could not be read; the others are screened all the same."""


def read_event(event: bytes | str | Mapping[str, Any], filters: Filters) -> Triggered:
    """Reads every record of `event`. Raises BadEvent where the whole is of no known shape."""
    triggered = Triggered()
    for record in _records(_decoded(event)):
        try:
            _read_record(record, filters, triggered)
        except BadEvent as fault:
            triggered.faults.append(fault)
    return triggered


def _read_record(record: Any, filters: Filters, triggered: Triggered) -> None:
    ref = _object_ref(_mapping(record, "record"))
    reason = _skip_reason(record, ref) or filters.reason_to_skip(ref)
    if reason:
        triggered.skipped[reason] += 1
    else:
        triggered.objects.append(ref)


def _decoded(event: bytes | str | Mapping[str, Any]) -> Any:
    """The JSON of an event: as it is, or in Base64, as MNS notifications carry it."""
    if not isinstance(event, (bytes, str)):
        return event
    raw = event.encode() if isinstance(event, str) else event
    if len(raw) > _LARGEST_EVENT:
        raise BadEvent(f"the event has {len(raw)} bytes; the largest one known has 128 KB")
    if not raw.lstrip().startswith((b"{", b"[")):
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error:
            raise BadEvent("the event is neither JSON nor Base64 of JSON") from None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise BadEvent("the event is not valid JSON") from None


def _records(event: Any) -> Iterator[Any]:
    """OSS's own ``{"events": [...]}``, and one or a list of EventBridge's CloudEvents."""
    if isinstance(event, list):
        for item in event:
            yield from _records(item)
        return
    if not isinstance(event, dict):
        raise BadEvent(f"an event must be a JSON object, not {type(event).__name__}")
    if isinstance(event.get("events"), list):
        yield from event["events"]
    elif isinstance(event.get("data"), dict):
        yield _from_event_bridge(event)
    else:
        known = ", ".join(sorted(str(key) for key in event)[:8])
        raise BadEvent(f"an event of no known shape; it has the fields: {known}")


def _from_event_bridge(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """A CloudEvent as the record that OSS's own trigger would have given."""
    data = event["data"]
    oss = data.get("oss", data)
    name = str(event.get("type", "")).removeprefix("oss:")
    return {"eventName": name, "eventTime": event.get("time", ""), **data, "oss": oss}


def _object_ref(record: Mapping[str, Any]) -> ObjectRef:
    oss = _mapping(record.get("oss"), "oss")
    bucket = _mapping(oss.get("bucket"), "oss.bucket")
    described = _mapping(oss.get("object"), "oss.object")
    size = described.get("size")
    return ObjectRef(
        store="oss",
        bucket=_text(bucket.get("name"), "oss.bucket.name"),
        key=_text(described.get("key"), "oss.object.key"),
        etag=str(described.get("eTag") or "").strip('"').upper(),
        size=size if isinstance(size, int) else None,
        event_time=str(record.get("eventTime") or ""),
    )


def _skip_reason(record: Mapping[str, Any], ref: ObjectRef) -> str:
    """Why a record is not ours to screen; empty when it is."""
    group, _, operation = str(record.get("eventName", "")).removeprefix("oss:").partition(":")
    if group != "ObjectCreated" or operation not in COMPLETE:
        return "event"
    if ref.key.endswith("/"):
        return "folder"
    return ""


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadEvent(f"the event's {name} must be an object, not {type(value).__name__}")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadEvent(f"the event's {name} must be a text that is not empty")
    return value
