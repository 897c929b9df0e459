"""OSS event records, from its own trigger and through EventBridge. Their keys are not encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.events.json_object import require_object_key
from facescreen.model import ObjectRef

if TYPE_CHECKING:
    from facescreen.events.json_object import JsonObject

# Operations that leave a complete object in the bucket. InitiateMultipartUpload and UploadPart
# come before there is one, AppendObject comes for each part, PutSymlink's key is the link.
_COMPLETING_OPERATIONS = {"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"}


def read_record(record: JsonObject) -> ObjectRef | None:
    """Read an element of ``events[]``. Returns None for other events than a completed object.
    Raises InvalidEventError."""
    if not _is_object_completed(record.get_string("eventName")):
        return None
    return _build_object_ref(record.get_object("oss"), record.get_optional_string("eventTime"))


def read_cloud_event(event: JsonObject) -> ObjectRef | None:
    """Read EventBridge's CloudEvent: `data` is the record of ``events[]`` or that record's `oss`.
    Returns None for other events than a completed object. Raises InvalidEventError."""
    if not _is_object_completed(event.get_string("type")):
        return None
    data = event.get_object("data")
    if "oss" in data:
        time = data.get_optional_string("eventTime") or event.get_optional_string("time")
        return _build_object_ref(data.get_object("oss"), time)
    return _build_object_ref(data, event.get_optional_string("time"))


def _is_object_completed(event_name: str) -> bool:
    # EventBridge and trigger configurations write the prefix, the records don't.
    group, _, operation = event_name.removeprefix("oss:").partition(":")
    return group == "ObjectCreated" and operation in _COMPLETING_OPERATIONS


def _build_object_ref(oss: JsonObject, event_time: str) -> ObjectRef:
    oss_object = oss.get_object("object")
    return ObjectRef(
        store="oss",
        bucket=oss.get_object("bucket").get_bucket_name("name"),
        key=require_object_key(oss_object.get_string("key"), f"{oss_object.path}.key"),
        etag=oss_object.get_optional_string("eTag").strip('"').upper(),
        size=oss_object.get_optional_size("size"),
        event_time=event_time,
    )
