"""Names of buckets, objects and versions: which ones stores take, and which ones need care."""

from __future__ import annotations

import re

from facescreen.errors import InvalidRequestError
from facescreen.model import ObjectRef

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_VERSION_ID = re.compile(r"[A-Za-z0-9._-]{1,1024}")
_MAX_KEY_BYTES = 1023


def object_ref(store: str, bucket: object, key: object, version_id: object = None) -> ObjectRef:
    """An object by its names as a caller gives them. Raises InvalidRequestError."""
    if not isinstance(bucket, str) or not _BUCKET.fullmatch(bucket):
        raise InvalidRequestError("bucket must be a bucket's name")
    if not isinstance(key, str) or not 0 < len(_utf8(key)) <= _MAX_KEY_BYTES:
        raise InvalidRequestError(f"key must be an object key of 1 to {_MAX_KEY_BYTES} bytes")
    if version_id is None:
        return ObjectRef(store, bucket, key)
    if not isinstance(version_id, str) or not _VERSION_ID.fullmatch(version_id):
        raise InvalidRequestError("version_id must be a version's id")
    return ObjectRef(store, bucket, key, version_id=version_id)


def real_version(version_id: str) -> str:
    """``null`` is the version of whatever was last written while versioning was off."""
    return "" if version_id == "null" else version_id


def is_url_safe(key: str) -> bool:
    """Whether its slashes may stand bare in a URL: clients drop empty and dot segments."""
    return not {"", ".", ".."} & set(key.split("/"))


def not_found_message(key: str) -> str:
    """That nothing stands under `key`, for people."""
    hint = " (its key holds + or %: compare it with the key that the event gave)"
    return "the object is not there any more" + (hint if set("+%") & set(key) else "")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError("a name holds half a character") from None
