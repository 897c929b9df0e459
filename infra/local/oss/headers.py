"""An object's headers: those that a write leaves with it, and those that a read gives back."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import formatdate
from typing import TYPE_CHECKING

from .errors import invalid_argument
from .store.objects import APPENDABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .store.objects import StoredObject

META = "x-oss-meta-"
LARGEST_META = 8 * 1024

_KEPT = (
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Type",
    "Expires",
)
_DEFAULTS = {"Content-Type": "application/octet-stream"}


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Of a write's headers, those that belong to the object. Raises OssError InvalidArgument."""
    kept = {name: headers[name] for name in _KEPT if name in headers}
    meta = {name.lower(): value for name, value in headers.items() if is_meta(name)}
    if sum(len(name) + len(value) for name, value in meta.items()) > LARGEST_META:
        raise invalid_argument(META, "", f"User metadata may hold {LARGEST_META} bytes at most.")
    for name, value in {**kept, **meta}.items():
        if not value.isprintable():
            raise invalid_argument(name, "", f"The value of {name} must be printable UTF-8.")
    return {**_DEFAULTS, **kept, **meta}


def is_meta(name: str) -> bool:
    """Whether a header is user metadata."""
    return name.lower().startswith(META)


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
        "x-oss-hash-crc64ecma": contents.crc64,
        **contents.headers,
    }
    if contents.tags:
        said["x-oss-tagging-count"] = str(len(contents.tags))
    if contents.kind == APPENDABLE:
        said["x-oss-next-append-position"] = str(contents.size)
    return said


def written_headers(stored: StoredObject) -> dict[str, str]:
    """What a write answers with."""
    contents = stored.contents
    said = {"ETag": f'"{contents.etag}"', "x-oss-hash-crc64ecma": contents.crc64}
    return {**said, **version_header(stored)}


def version_header(stored: StoredObject) -> dict[str, str]:
    """``x-oss-version-id``, where the bucket has versions."""
    return {} if stored.version_id is None else {"x-oss-version-id": stored.version_id}


def xml_time(seconds: float) -> str:
    """``2012-02-24T08:42:32.000Z``: OSS writes milliseconds and counts whole seconds."""
    moment = datetime.fromtimestamp(int(seconds), timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
