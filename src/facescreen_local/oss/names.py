"""Rules for the names of buckets, objects and versions."""

from __future__ import annotations

import re

from facescreen_local.oss.errors import OssError, invalid_argument_error

MAX_KEY_BYTES = 1023
"""Bytes of UTF-8."""

_BUCKET_NAME_PATTERN = re.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def check_bucket_name(name: str) -> None:
    """Check a new bucket's name. Raises OssError InvalidBucketName."""
    if not _BUCKET_NAME_PATTERN.fullmatch(name):
        message = "The specified bucket is not valid."
        raise OssError(400, "InvalidBucketName", message, {"BucketName": name})


def check_key(key: str) -> None:
    """Check an object's key. Raises OssError InvalidObjectName."""
    well_formed = is_utf8(key) and 1 <= len(key.encode()) <= MAX_KEY_BYTES
    if not well_formed or key.startswith(("/", "\\")):
        message = "The specified object is not valid."
        raise OssError(400, "InvalidObjectName", message, {"ObjectName": key})


def validate_version_id(version: str | None) -> str | None:
    """Return the version id if it is well-formed or None. Raises OssError InvalidArgument."""
    if version is not None and not (version.isascii() and version.isalnum()):
        raise invalid_argument_error("versionId", version, "Invalid version id specified.")
    return version


def is_utf8(text: str) -> bool:
    """Return whether there are no lone surrogates, which represent bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
