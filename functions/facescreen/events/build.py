"""Builds the event that an object's store would send, for facescreen.events to read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from facescreen.model import ObjectType

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


_OSS_EVENTS_BY_TYPE = {
    ObjectType.APPENDABLE: "ObjectCreated:AppendObject",
    ObjectType.SYMLINK: "ObjectCreated:PutSymlink",
}


def build_event(ref: ObjectRef, object_type: ObjectType = ObjectType.NORMAL) -> bytes:
    """Build the event that OSS's trigger sends to Function Compute, or that S3's notification puts
    into a queue, as JSON in ASCII. Fields that are empty in `ref` are left out.

    Sources: function-compute.md, "Bucket events"; Amazon S3 User Guide, "Event message structure".
    """
    event = _build_oss_event(ref, object_type) if ref.store == "oss" else _build_s3_event(ref)
    return json.dumps(event, separators=(",", ":")).encode()


def _build_oss_event(ref: ObjectRef, object_type: ObjectType) -> dict[str, Any]:
    if object_type in _OSS_EVENTS_BY_TYPE:
        # A look at a symlink shows its target's ETag, and an append gives an object another one.
        ref = replace(ref, etag="")
    oss_object = _omit_empty(key=ref.key, eTag=ref.etag.upper(), size=ref.size)
    record = _omit_empty(
        eventName=_OSS_EVENTS_BY_TYPE.get(object_type, "ObjectCreated:PutObject"),
        eventSource="acs:oss",
        eventTime=ref.event_time,
        eventVersion="1.0",
        oss={"bucket": {"name": ref.bucket}, "object": oss_object, "ossSchemaVersion": "1.0"},
    )
    return {"events": [record]}


def _build_s3_event(ref: ObjectRef) -> dict[str, Any]:
    s3_object = _omit_empty(
        key=quote_plus(ref.key, safe="/"),
        eTag=ref.etag,
        versionId=ref.version_id,
        size=ref.size,
    )
    record = _omit_empty(
        eventName="ObjectCreated:Put",
        eventSource="aws:s3",
        eventTime=ref.event_time,
        eventVersion="2.1",
        s3={"bucket": {"name": ref.bucket}, "object": s3_object, "s3SchemaVersion": "1.0"},
    )
    return {"Records": [record]}


def _omit_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
