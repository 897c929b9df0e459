"""S3's records: event notifications, EventBridge events, and tasks of Batch Operations.

Keys are URL-encoded as HTML forms do it (a space is ``+``), save through EventBridge, where they
stand as they are.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from facescreen.errors import InvalidEventError
from facescreen.events.json_object import LONGEST_NAME, Fields, object_key
from facescreen.model import ObjectRef

# Only these: stores that speak S3's format send ObjectCreated:PutTagging too, and screening tags.
_COMPLETE = {f"ObjectCreated:{way}" for way in ("Put", "Post", "Copy", "CompleteMultipartUpload")}


def is_test(event: Fields) -> bool:
    """Whether it is what S3 sends once, when a notification is configured."""
    return event.values.get("Event") == "s3:TestEvent"


def from_record(record: Fields) -> ObjectRef | None:
    """An element of ``Records[]``. None where no object came to be; raises InvalidEventError."""
    version = record.optional_text("eventVersion", LONGEST_NAME)
    if version and not version.startswith("2."):
        raise InvalidEventError(
            f"the event's {record.name}.eventVersion is {version}; 2.x can be read"
        )
    if record.text("eventName").removeprefix("s3:") not in _COMPLETE:
        return None
    s3 = record.section("s3")
    described = s3.section("object")
    return ObjectRef(
        store="s3",
        bucket=s3.section("bucket").bucket("name"),
        key=_decoded_key(described, "key"),
        etag=described.optional_text("eTag"),
        version_id=described.optional_text("versionId"),
        size=described.size("size"),
        event_time=record.optional_text("eventTime"),
    )


def from_event_bridge(event: Fields) -> ObjectRef | None:
    """``detail-type: Object Created`` of ``aws.s3``. None for S3's other kinds; raises
    InvalidEventError."""
    source, kind = (event.text(name, LONGEST_NAME) for name in ("source", "detail-type"))
    # CloudTrail's events have the same source, and a shape of their own.
    if source != "aws.s3" or not kind.startswith("Object "):
        raise InvalidEventError(f"an EventBridge event of {source}, {kind}, is none of S3's own")
    if kind != "Object Created":
        return None
    detail = event.section("detail")
    described = detail.section("object")
    return ObjectRef(
        store="s3",
        bucket=detail.section("bucket").bucket("name"),
        key=object_key(described.text("key"), f"{described.name}.key"),
        etag=described.optional_text("etag"),
        version_id=described.optional_text("version-id"),
        size=described.size("size"),
        event_time=event.optional_text("time"),
    )


def from_task(task: Fields) -> ObjectRef:
    """An element of Batch Operations' ``tasks[]``: schema 1.0 has the bucket's ARN, 2.0 its name.

    Raises InvalidEventError.
    """
    return ObjectRef(
        store="s3",
        bucket=task.bucket("s3Bucket") if "s3Bucket" in task else _bucket_of_arn(task),
        key=_decoded_key(task, "s3Key"),
        version_id=task.optional_text("s3VersionId"),
    )


def _bucket_of_arn(task: Fields) -> str:
    arn = task.text("s3BucketArn")
    name = arn.rpartition(":::")[2]
    return Fields({"s3BucketArn": name}, task.name).bucket("s3BucketArn")


def _decoded_key(fields: Fields, key: str) -> str:
    name = f"{fields.name}.{key}"
    try:
        # Whatever else stood in for bytes that are no UTF-8 would be another object's key.
        decoded = unquote_plus(fields.text(key), errors="strict")
    except UnicodeDecodeError:
        raise InvalidEventError(f"the event's {name} is not URL-encoded UTF-8") from None
    return object_key(decoded, name)
