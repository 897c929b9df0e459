"""Bucket events in the format in which OSS sends them to Function Compute."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from facescreen_local.oss.nodes import Node
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.objects import RemovalResult, WriteResult


@dataclass(frozen=True)
class ObjectChange:
    """A change to an object: the event's name (``ObjectCreated:PutObject``) and the object's state.

    `size_delta` is the change in bytes of the key's current version.
    """

    event: str
    bucket: str
    key: str
    etag: str
    size: int
    size_delta: int
    headers: Mapping[str, str]


def build_created_change(operation: str, bucket: str, write_result: WriteResult) -> ObjectChange:
    """Return the change for a written object."""
    contents, replaced = write_result.stored.contents, write_result.replaced
    return ObjectChange(
        event=f"ObjectCreated:{operation}",
        bucket=bucket,
        key=write_result.stored.key,
        etag=contents.etag,
        size=contents.size,
        size_delta=contents.size - (0 if replaced is None else replaced.contents.size),
        headers=contents.metadata.headers,
    )


def build_removed_changes(
    operation: str, bucket: str, removal: RemovalResult
) -> list[ObjectChange]:
    """Return the change for a removed object, none if nothing was removed."""
    if removal.removed is None:
        return []
    contents = removal.removed.contents
    change = ObjectChange(
        event=f"ObjectRemoved:{operation}",
        bucket=bucket,
        key=removal.removed.key,
        etag=contents.etag,
        size=contents.size,
        size_delta=-contents.size,
        headers=contents.metadata.headers,
    )
    return [change]


def build_upload_change(
    event: str, bucket: str, key: str, part: Blob | None = None
) -> ObjectChange:
    """Return the change for one step of a multipart upload; OSS sends an event for each."""
    etag, size = ("", 0) if part is None else (part.md5, part.size)
    return ObjectChange(event, bucket, key, etag, size, size_delta=size, headers={})


@dataclass(frozen=True)
class ChangeOrigin:
    """The account and region of the bucket, the request that changed it and the request's node."""

    account_id: str
    region: str
    source_address: str
    request_id: str
    node: Node


def build_event_record(change: ObjectChange, origin: ChangeOrigin) -> dict[str, Any]:
    """Return one element of ``events[]``. The key in it is not URL-encoded."""
    now = datetime.fromtimestamp(origin.node.now(), timezone.utc).isoformat(timespec="milliseconds")
    return {
        "eventName": change.event,
        "eventSource": "acs:oss",
        "eventTime": now.replace("+00:00", "Z"),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:{origin.region}:{origin.account_id}:{change.bucket}",
                "name": change.bucket,
                "ownerIdentity": origin.account_id,
            },
            "object": {
                "deltaSize": change.size_delta,
                "eTag": change.etag,
                "key": change.key,
                "objectMeta": _build_object_meta(change.headers),
                "size": change.size,
            },
            "ossSchemaVersion": "1.0",
            "ruleId": _build_rule_id(origin.account_id, change.bucket),
        },
        "region": origin.region,
        "requestParameters": {"sourceIPAddress": origin.source_address},
        "responseElements": {"requestId": origin.request_id},
        "userIdentity": {"principalId": origin.account_id},
    }


def _build_object_meta(headers: Mapping[str, str]) -> dict[str, Any]:
    user = {name: value for name, value in headers.items() if name.startswith("x-oss-meta-")}
    return {"mimeType": headers.get("Content-Type", ""), "userMeta": user}


def _build_rule_id(account_id: str, bucket: str) -> str:
    return hashlib.sha1(f"{account_id}/{bucket}".encode(), usedforsecurity=False).hexdigest()
