"""An object as its store's own event, which facescreen.events reads back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from facescreen.model import ObjectRef


def event_of(ref: ObjectRef) -> bytes:
    """What OSS's trigger hands to Function Compute, or S3's notification puts into a queue; in
    ASCII. It names nothing that the reference does not say.

    Sources: function-compute.md, "Bucket events"; Amazon S3 User Guide, "Event message structure".
    """
    event = {"oss": _oss, "s3": _s3}[ref.store](ref)
    return json.dumps(event, separators=(",", ":")).encode()


def _oss(ref: ObjectRef) -> dict[str, Any]:
    described = _known(key=ref.key, eTag=ref.etag.upper(), size=ref.size)
    record = _known(
        eventName="ObjectCreated:PutObject",
        eventSource="acs:oss",
        eventTime=ref.event_time,
        eventVersion="1.0",
        oss={"bucket": {"name": ref.bucket}, "object": described, "ossSchemaVersion": "1.0"},
    )
    return {"events": [record]}


def _s3(ref: ObjectRef) -> dict[str, Any]:
    described = _known(
        key=quote_plus(ref.key, safe="/"),
        eTag=ref.etag,
        versionId=ref.version_id,
        size=ref.size,
    )
    record = _known(
        eventName="ObjectCreated:Put",
        eventSource="aws:s3",
        eventTime=ref.event_time,
        eventVersion="2.1",
        s3={"bucket": {"name": ref.bucket}, "object": described, "s3SchemaVersion": "1.0"},
    )
    return {"Records": [record]}


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
