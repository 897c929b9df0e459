"""Conditions on what is there already, for those who read, copy or overwrite it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from facescreen_local.oss.errors import OssError, precondition_failed
from facescreen_local.oss.headers import basic_headers
from facescreen_local.oss.store.buckets import Bucket
from facescreen_local.oss.store.versions import StoredObject

_CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")


def check_conditions(headers: Mapping[str, str], stored: StoredObject, prefix: str = "") -> None:
    """Raises OssError PreconditionFailed or, for what is as the client knows it already, 304.

    With the prefix ``x-oss-copy-source-`` the conditions are those on a copy's source.
    """
    match, unmatched, *dates = (headers.get(f"{prefix}{name}") for name in _CONDITIONS)
    since, until = (_seconds(date) for date in dates)
    modified = int(stored.modified)
    if match is not None and not _names(match, stored):
        raise precondition_failed(f"{prefix}If-Match")
    if until is not None and modified > until:
        raise precondition_failed(f"{prefix}If-Unmodified-Since")
    if unmatched is not None and _names(unmatched, stored):
        raise _not_modified(stored)
    if since is not None and modified <= since:
        raise _not_modified(stored)


def refuse_conditions(headers: Mapping[str, str]) -> None:
    """PutObject knows no conditions, and must not be believed to. Raises OssError."""
    for name in _CONDITIONS:
        if name in headers:
            text = "A header you provided implies functionality that is not implemented."
            raise OssError(400, "NotImplemented", text, {"Header": name})


def overwrite_rule(headers: Mapping[str, str]) -> Callable[[Bucket, StoredObject | None], None]:
    """What ``x-oss-forbid-overwrite`` demands; OSS ignores it where a bucket has versions."""
    forbidden = headers.get("x-oss-forbid-overwrite", "").lower() == "true"

    def check(bucket: Bucket, current: StoredObject | None) -> None:
        if forbidden and current is not None and not bucket.versioning:
            text = "The object you specified already exists and can not be overwritten."
            raise OssError(409, "FileAlreadyExists", text, {"Key": current.key})

    return check


def _names(etags: str, stored: StoredObject) -> bool:
    listed = {etag.strip().strip('"').upper() for etag in etags.split(",")}
    return bool(listed & {"*", stored.contents.etag})


def _seconds(date: str | None) -> float | None:
    """None for a date that cannot be read: such a condition is as good as absent."""
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _not_modified(stored: StoredObject) -> OssError:
    return OssError(304, "NotModified", "Not Modified.", headers=basic_headers(stored))
