"""OSS event records, from its own trigger and through EventBridge. Their keys are not encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.errors import InvalidEventError
from facescreen.events.json_object import MAX_NAME_CHARS, require_object_key
from facescreen.model import ObjectRef

if TYPE_CHECKING:
    from facescreen.events.json_object import JsonObject

SCREENED_EVENTS = frozenset(
    {
        "ObjectCreated:AppendObject",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:CopyObject",
        "ObjectCreated:PostObject",
        "ObjectCreated:PutObject",
        "ObjectCreated:PutSymlink",
        "ObjectReplication:ObjectCreated",
        "ObjectReplication:ObjectModified",
    }
)
"""The events after which a reader of the key gets other bytes. The templates subscribe to them.

InitiateMultipartUpload, UploadPart and UploadPartCopy have events before there is an object. After
a deletion the key has no bytes, or those of an older version, which had an event of its own.
Metadata, access lists and tags are not bytes.
"""
_SYMLINK_EVENT = "ObjectCreated:PutSymlink"
_REPLICATION_PREFIX = "ObjectReplication:"


def read_record(record: JsonObject) -> ObjectRef | None:
    """Read an element of ``events[]``. Returns None for an event that is not screened. Raises
    InvalidEventError."""
    name = _read_event_name(record, "eventName")
    if name not in SCREENED_EVENTS:
        return None
    event_time = record.get_optional_string("eventTime")
    return _build_object_ref(name, record.get_object("oss"), event_time)


def read_cloud_event(event: JsonObject) -> ObjectRef | None:
    """Read EventBridge's CloudEvent: `data` is the record of ``events[]`` or that record's `oss`.
    Returns None for an event that is not screened. Raises InvalidEventError, also for an event
    that is not one of OSS's own."""
    name, source = _read_event_name(event, "type"), event.get_string("source", MAX_NAME_CHARS)
    if source != "acs.oss":
        raise InvalidEventError(f"the CloudEvent of {source} is not one of OSS's own")
    if name not in SCREENED_EVENTS:
        return None
    data = event.get_object("data")
    if "oss" in data:
        time = data.get_optional_string("eventTime") or event.get_optional_string("time")
        return _build_object_ref(name, data.get_object("oss"), time)
    return _build_object_ref(name, data, event.get_optional_string("time"))


def is_about_symlink(event: JsonObject) -> bool:
    """Whether a record or a CloudEvent is about a symlink. A symlink is never a folder marker,
    whatever its key and size: its readers get the target's bytes."""
    names = (event.values.get("eventName"), event.values.get("type"))
    return any(str(name).removeprefix("oss:") == _SYMLINK_EVENT for name in names)


def _read_event_name(event: JsonObject, key: str) -> str:
    # EventBridge and trigger configurations write the prefix, the records don't.
    return event.get_string(key).removeprefix("oss:")


def _build_object_ref(event_name: str, oss: JsonObject, event_time: str) -> ObjectRef:
    oss_object = oss.get_object("object")
    etag, size = oss_object.get_optional_string("eTag"), oss_object.get_optional_size("size")
    if event_name == _SYMLINK_EVENT:
        # They are the symlink's own. Its readers, and each look at it, get the target's.
        etag, size = "", None
    return ObjectRef(
        store="oss",
        bucket=oss.get_object("bucket").get_bucket_name("name"),
        key=require_object_key(oss_object.get_string("key"), f"{oss_object.path}.key"),
        etag=etag.strip('"').upper(),
        size=size,
        event_time=event_time,
        is_replica=event_name.startswith(_REPLICATION_PREFIX),
    )
