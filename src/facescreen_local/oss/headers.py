"""Response headers that describe an object."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from email.utils import formatdate

from facescreen_local.oss.store.contents import APPENDABLE_TYPE, NORMAL_TYPE
from facescreen_local.oss.store.versions import StoredObject


def build_basic_headers(stored: StoredObject) -> dict[str, str]:
    """The headers of GetObjectMeta, without Content-Length."""
    headers = {
        "ETag": f'"{stored.contents.etag}"',
        "Last-Modified": formatdate(stored.modified, usegmt=True),
    }
    return {**headers, **build_version_header(stored)}


def build_object_headers(stored: StoredObject) -> dict[str, str]:
    """The headers of GetObject and HeadObject, without Content-Length."""
    contents = stored.contents
    headers = {
        **build_basic_headers(stored),
        "Accept-Ranges": "bytes",
        "x-oss-object-type": contents.object_type,
        "x-oss-storage-class": "Standard",
        "x-oss-hash-crc64ecma": contents.blob.crc64,
        **contents.metadata.headers,
        **contents.metadata.encryption,
    }
    if contents.metadata.tags:
        headers["x-oss-tagging-count"] = str(len(contents.metadata.tags))
    if contents.object_type == NORMAL_TYPE:
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(contents.blob.md5)).decode()
    if contents.object_type == APPENDABLE_TYPE:
        headers["x-oss-next-append-position"] = str(contents.size)
    return headers


def build_write_result_headers(stored: StoredObject) -> dict[str, str]:
    """The headers of a response to a write."""
    contents = stored.contents
    headers = {"ETag": f'"{contents.etag}"', "x-oss-hash-crc64ecma": contents.blob.crc64}
    return {**headers, **contents.metadata.encryption, **build_version_header(stored)}


def build_version_header(stored: StoredObject) -> dict[str, str]:
    """``x-oss-version-id``, if the bucket is versioned."""
    return {} if stored.version_id is None else {"x-oss-version-id": stored.version_id}


def format_xml_time(seconds: int) -> str:
    """Format a time like ``2012-02-24T08:42:32.000Z``. OSS's milliseconds are always zero."""
    utc_time = datetime.fromtimestamp(seconds, timezone.utc)
    return utc_time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
