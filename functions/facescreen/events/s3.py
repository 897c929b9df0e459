"""S3 event records: notifications, EventBridge events, and tasks of Batch Operations.

Keys are URL-encoded as in HTML forms (a space is ``+``), except in EventBridge events, where they
are not encoded.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from facescreen.errors import InvalidEventError
from facescreen.events.json_object import MAX_NAME_CHARS, JsonObject, require_object_key
from facescreen.model import ObjectRef

# Only these: S3-compatible stores send ObjectCreated:PutTagging too, and screening writes tags.
_COMPLETING_EVENTS = {
    f"ObjectCreated:{way}" for way in ("Put", "Post", "Copy", "CompleteMultipartUpload")
}


def is_test_event(event: JsonObject) -> bool:
    """Whether this is the test event that S3 sends once a notification is configured."""
    return event.values.get("Event") == "s3:TestEvent"


def read_record(record: JsonObject) -> ObjectRef | None:
    """Read an element of ``Records[]``. Returns None for other events than a created object.
    Raises InvalidEventError."""
    version = record.get_optional_string("eventVersion", MAX_NAME_CHARS)
    if version and not version.startswith("2."):
        raise InvalidEventError(
            f"the event's {record.path}.eventVersion is {version}; only 2.x is supported"
        )
    if record.get_string("eventName").removeprefix("s3:") not in _COMPLETING_EVENTS:
        return None
    s3 = record.get_object("s3")
    s3_object = s3.get_object("object")
    return ObjectRef(
        store="s3",
        bucket=s3.get_object("bucket").get_bucket_name("name"),
        key=_decode_key(s3_object, "key"),
        etag=s3_object.get_optional_string("eTag").strip('"'),
        version_id=s3_object.get_optional_string("versionId"),
        size=s3_object.get_optional_size("size"),
        event_time=record.get_optional_string("eventTime"),
    )


def read_event_bridge_event(event: JsonObject) -> ObjectRef | None:
    """Read ``detail-type: Object Created`` of ``aws.s3``. Returns None for S3's other events.
    Raises InvalidEventError."""
    source, detail_type = (
        event.get_string(name, MAX_NAME_CHARS) for name in ("source", "detail-type")
    )
    # CloudTrail's events have the same source, and another format.
    if source != "aws.s3" or not detail_type.startswith("Object "):
        raise InvalidEventError(
            f"the EventBridge event ({source}, {detail_type}) is not one of S3's own"
        )
    if detail_type != "Object Created":
        return None
    detail = event.get_object("detail")
    s3_object = detail.get_object("object")
    return ObjectRef(
        store="s3",
        bucket=detail.get_object("bucket").get_bucket_name("name"),
        key=require_object_key(s3_object.get_string("key"), f"{s3_object.path}.key"),
        etag=s3_object.get_optional_string("etag").strip('"'),
        version_id=s3_object.get_optional_string("version-id"),
        size=s3_object.get_optional_size("size"),
        event_time=event.get_optional_string("time"),
    )


def read_task(task: JsonObject) -> ObjectRef:
    """Read an element of Batch Operations' ``tasks[]``. Schema 1.0 has the bucket's ARN, 2.0 its
    name. Raises InvalidEventError."""
    return ObjectRef(
        store="s3",
        bucket=task.get_bucket_name("s3Bucket") if "s3Bucket" in task else _parse_bucket_arn(task),
        key=_decode_key(task, "s3Key"),
        version_id=task.get_optional_string("s3VersionId"),
    )


def _parse_bucket_arn(task: JsonObject) -> str:
    arn = task.get_string("s3BucketArn")
    name = arn.rpartition(":::")[2]
    return JsonObject({"s3BucketArn": name}, task.path).get_bucket_name("s3BucketArn")


def _decode_key(fields: JsonObject, key: str) -> str:
    path = f"{fields.path}.{key}"
    try:
        # A replacement for bytes that are not UTF-8 would name another object.
        decoded = unquote_plus(fields.get_string(key), errors="strict")
    except UnicodeDecodeError:
        raise InvalidEventError(f"the event's {path} is not URL-encoded UTF-8") from None
    return require_object_key(decoded, path)
