"""Bucket events, in the form in which OSS hands them to Function Compute."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.objects import Removal, Written


@dataclass(frozen=True)
class Change:
    """What happened to an object: ``ObjectCreated:PutObject``, and what the object is now.

    `delta` is by how many bytes the key's current version grew.
    """

    event: str
    bucket: str
    key: str
    etag: str
    size: int
    delta: int
    headers: Mapping[str, str]


def created(operation: str, bucket: str, written: Written) -> Change:
    """An object's new contents."""
    contents, replaced = written.stored.contents, written.replaced
    return Change(
        event=f"ObjectCreated:{operation}",
        bucket=bucket,
        key=written.stored.key,
        etag=contents.etag,
        size=contents.size,
        delta=contents.size - (0 if replaced is None else replaced.contents.size),
        headers=contents.metadata.headers,
    )


def removed(operation: str, bucket: str, removal: Removal) -> list[Change]:
    """An object that is gone; nothing, where there was none."""
    if removal.removed is None:
        return []
    contents = removal.removed.contents
    change = Change(
        event=f"ObjectRemoved:{operation}",
        bucket=bucket,
        key=removal.removed.key,
        etag=contents.etag,
        size=contents.size,
        delta=-contents.size,
        headers=contents.metadata.headers,
    )
    return [change]


def upload_step(event: str, bucket: str, key: str, part: Blob | None = None) -> Change:
    """A step of a multipart upload: OSS tells of each, long before there is an object."""
    etag, size = ("", 0) if part is None else (part.md5, part.size)
    return Change(event, bucket, key, etag, size, delta=size, headers={})


@dataclass(frozen=True)
class Origin:
    """Whose bucket it is and which request changed it."""

    account_id: str
    region: str
    source_address: str
    request_id: str


def event_record(change: Change, origin: Origin) -> dict[str, Any]:
    """One element of ``events[]``. The key stands in it as it is, not encoded."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
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
                "deltaSize": change.delta,
                "eTag": change.etag,
                "key": change.key,
                "objectMeta": _object_meta(change.headers),
                "size": change.size,
            },
            "ossSchemaVersion": "1.0",
            "ruleId": _rule_id(origin.account_id, change.bucket),
        },
        "region": origin.region,
        "requestParameters": {"sourceIPAddress": origin.source_address},
        "responseElements": {"requestId": origin.request_id},
        "userIdentity": {"principalId": origin.account_id},
    }


def _object_meta(headers: Mapping[str, str]) -> dict[str, Any]:
    user = {name: value for name, value in headers.items() if name.startswith("x-oss-meta-")}
    return {"mimeType": headers.get("Content-Type", ""), "userMeta": user}


def _rule_id(account_id: str, bucket: str) -> str:
    return hashlib.sha1(f"{account_id}/{bucket}".encode(), usedforsecurity=False).hexdigest()
