"""OSS's records, from its own trigger and through EventBridge. Keys stand in them as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.events.json_object import object_key
from facescreen.model import ObjectRef

if TYPE_CHECKING:
    from facescreen.events.json_object import Fields

# Events after which a whole object stands in the bucket. InitiateMultipartUpload and UploadPart
# come before there is one, AppendObject comes for each piece, PutSymlink's key is the link.
_COMPLETE = {"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"}


def from_record(record: Fields) -> ObjectRef | None:
    """An element of ``events[]``. None where no whole object came to be; raises
    InvalidEventError."""
    if not _completes(record.text("eventName")):
        return None
    return _object_ref(record.section("oss"), record.optional_text("eventTime"))


def from_cloud_event(event: Fields) -> ObjectRef | None:
    """EventBridge's CloudEvent, `data` being the record of ``events[]`` or that record's `oss`."""
    if not _completes(event.text("type")):
        return None
    data = event.section("data")
    if "oss" in data:
        time = data.optional_text("eventTime") or event.optional_text("time")
        return _object_ref(data.section("oss"), time)
    return _object_ref(data, event.optional_text("time"))


def _completes(event_name: str) -> bool:
    # EventBridge and trigger configurations write the prefix, the records don't.
    group, _, operation = event_name.removeprefix("oss:").partition(":")
    return group == "ObjectCreated" and operation in _COMPLETE


def _object_ref(oss: Fields, event_time: str) -> ObjectRef:
    described = oss.section("object")
    return ObjectRef(
        store="oss",
        bucket=oss.section("bucket").bucket("name"),
        key=object_key(described.text("key"), f"{described.name}.key"),
        etag=described.optional_text("eTag").strip('"').upper(),
        size=described.size("size"),
        event_time=event_time,
    )
