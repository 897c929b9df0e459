"""The headers that tell of an object, in the answers to those who read and write it."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from email.utils import formatdate

from facescreen_local.oss.store.contents import APPENDABLE, NORMAL
from facescreen_local.oss.store.versions import StoredObject


def basic_headers(stored: StoredObject) -> dict[str, str]:
    """What GetObjectMeta answers with, but for the length."""
    said = {
        "ETag": f'"{stored.contents.etag}"',
        "Last-Modified": formatdate(stored.modified, usegmt=True),
    }
    return {**said, **version_header(stored)}


def object_headers(stored: StoredObject) -> dict[str, str]:
    """What GetObject and HeadObject answer with, but for the length."""
    contents = stored.contents
    said = {
        **basic_headers(stored),
        "Accept-Ranges": "bytes",
        "x-oss-object-type": contents.kind,
        "x-oss-storage-class": "Standard",
        "x-oss-hash-crc64ecma": contents.blob.crc64,
        **contents.metadata.headers,
        **contents.metadata.encryption,
    }
    if contents.metadata.tags:
        said["x-oss-tagging-count"] = str(len(contents.metadata.tags))
    if contents.kind == NORMAL:
        said["Content-MD5"] = base64.b64encode(bytes.fromhex(contents.blob.md5)).decode()
    if contents.kind == APPENDABLE:
        said["x-oss-next-append-position"] = str(contents.size)
    return said


def written_headers(stored: StoredObject) -> dict[str, str]:
    """What a write answers with."""
    contents = stored.contents
    said = {"ETag": f'"{contents.etag}"', "x-oss-hash-crc64ecma": contents.blob.crc64}
    return {**said, **contents.metadata.encryption, **version_header(stored)}


def version_header(stored: StoredObject) -> dict[str, str]:
    """``x-oss-version-id``, where the bucket has versions."""
    return {} if stored.version_id is None else {"x-oss-version-id": stored.version_id}


def xml_time(seconds: float) -> str:
    """``2012-02-24T08:42:32.000Z``: OSS writes milliseconds and counts whole seconds."""
    moment = datetime.fromtimestamp(int(seconds), timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
