"""What buckets, objects and versions may be called."""

from __future__ import annotations

import re

from facescreen_local.oss.errors import OssError, invalid_argument

LONGEST_KEY = 1023
"""In bytes of UTF-8."""

_BUCKET = re.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def check_bucket_name(name: str) -> None:
    """Raises OssError InvalidBucketName."""
    if not _BUCKET.fullmatch(name):
        text = "The specified bucket is not valid."
        raise OssError(400, "InvalidBucketName", text, {"BucketName": name})


def check_key(key: str) -> None:
    """Raises OssError InvalidObjectName."""
    well_formed = is_utf8(key) and 1 <= len(key.encode()) <= LONGEST_KEY
    if not well_formed or key.startswith(("/", "\\")):
        text = "The specified object is not valid."
        raise OssError(400, "InvalidObjectName", text, {"ObjectName": key})


def checked_version(version: str | None) -> str | None:
    """The version id, if it is one. Raises OssError InvalidArgument."""
    if version is not None and not (version.isascii() and version.isalnum()):
        raise invalid_argument("versionId", version, "Invalid version id specified.")
    return version


def is_utf8(text: str) -> bool:
    """Whether there are no lone surrogates, which stand for bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
