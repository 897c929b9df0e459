"""Conditional requests: reads, copies and writes that depend on the existing object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from facescreen_local.oss.errors import OssError, precondition_failed_error
from facescreen_local.oss.headers import build_basic_headers
from facescreen_local.oss.store.buckets import StoredBucket
from facescreen_local.oss.store.versions import StoredObject

_CONDITION_HEADERS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")


def check_conditions(headers: Mapping[str, str], stored: StoredObject, prefix: str = "") -> None:
    """Check the conditions in the headers. Raises OssError: PreconditionFailed, or 304 NotModified.

    The prefix ``x-oss-copy-source-`` selects the conditions on a copy's source.
    """
    if_match, none_match, *dates = (headers.get(f"{prefix}{name}") for name in _CONDITION_HEADERS)
    modified_since, unmodified_since = (_parse_date(date) for date in dates)
    if if_match is not None and not _matches_etag(if_match, stored):
        raise precondition_failed_error(f"{prefix}If-Match")
    if unmodified_since is not None and stored.modified > unmodified_since:
        raise precondition_failed_error(f"{prefix}If-Unmodified-Since")
    if none_match is not None and _matches_etag(none_match, stored):
        raise _not_modified_error(stored)
    if modified_since is not None and stored.modified <= modified_since:
        raise _not_modified_error(stored)


def reject_conditions(headers: Mapping[str, str]) -> None:
    """Reject conditions, which PutObject does not support and must not ignore. Raises OssError."""
    for name in _CONDITION_HEADERS:
        if name in headers:
            message = "A header you provided implies functionality that is not implemented."
            raise OssError(400, "NotImplemented", message, {"Header": name})


def make_overwrite_check(
    headers: Mapping[str, str],
) -> Callable[[StoredBucket, StoredObject | None], None]:
    """Return a check for ``x-oss-forbid-overwrite``, which OSS ignores in a versioned bucket."""
    forbidden = headers.get("x-oss-forbid-overwrite", "").lower() == "true"

    def check(bucket: StoredBucket, current: StoredObject | None) -> None:
        if forbidden and current is not None and not bucket.versioning:
            message = "The object you specified already exists and can not be overwritten."
            raise OssError(409, "FileAlreadyExists", message, {"Key": current.key})

    return check


def _matches_etag(etags: str, stored: StoredObject) -> bool:
    etag_set = {etag.strip().strip('"').upper() for etag in etags.split(",")}
    return bool(etag_set & {"*", stored.contents.etag})


def _parse_date(date: str | None) -> float | None:
    """Parse a date; return None for an invalid one, so that its condition is ignored."""
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _not_modified_error(stored: StoredObject) -> OssError:
    return OssError(304, "NotModified", "Not Modified.", headers=build_basic_headers(stored))
