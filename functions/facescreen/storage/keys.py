"""Checks the names of buckets, objects and versions."""

from __future__ import annotations

import re

from facescreen.errors import InvalidRequestError
from facescreen.model import ObjectRef

_BUCKET_NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_VERSION_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,1024}")
_MAX_KEY_BYTES = 1023
NULL_VERSION = "null"
"""The id of the version that was last written while versioning was off."""


def parse_object_ref(
    store: str, bucket: object, key: object, version_id: object = None
) -> ObjectRef:
    """Build an ObjectRef from a caller's input. Raises InvalidRequestError."""
    if not isinstance(bucket, str) or not _BUCKET_NAME_PATTERN.fullmatch(bucket):
        raise InvalidRequestError("bucket must be a valid bucket name")
    if not isinstance(key, str) or not 0 < len(_encode_utf8(key)) <= _MAX_KEY_BYTES:
        raise InvalidRequestError(f"key must be an object key of 1 to {_MAX_KEY_BYTES} bytes")
    if key in {".", ".."}:
        raise InvalidRequestError(f"key can't be {key}: HTTP clients take that for the bucket")
    if version_id is None:
        return ObjectRef(store, bucket, key)
    if not isinstance(version_id, str) or not _VERSION_ID_PATTERN.fullmatch(version_id):
        raise InvalidRequestError("version_id must be a valid version id")
    return ObjectRef(store, bucket, key, version_id=version_id)


def drop_null_version(version_id: str) -> str:
    """Return the version id, or "" for ``null``: that is whatever was last written while versioning
    was off, so it pins nothing."""
    return "" if version_id == NULL_VERSION else version_id


def has_url_safe_segments(key: str) -> bool:
    """Whether the key's slashes may stay unencoded in a URL: clients drop empty and dot
    segments."""
    return not {"", ".", ".."} & set(key.split("/"))


def build_not_found_message(key: str) -> str:
    """Return the error message for a missing object."""
    hint = " (its key contains + or %: compare it with the key in the event)"
    return "the object does not exist any more" + (hint if set("+%") & set(key) else "")


def _encode_utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(
            "the key is not valid Unicode: it contains half a surrogate pair"
        ) from None
