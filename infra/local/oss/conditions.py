"""Conditional requests: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from .errors import OssError, precondition_failed
from .headers import basic_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .store.objects import StoredObject


def check_conditions(headers: Mapping[str, str], stored: StoredObject, prefix: str = "") -> None:
    """Raises OssError PreconditionFailed or, for a reader who has it already, 304.

    With the prefix ``x-oss-copy-source-`` the conditions are those on a copy's source.
    """
    match, unmatched = headers.get(f"{prefix}If-Match"), headers.get(f"{prefix}If-None-Match")
    since = _seconds(headers.get(f"{prefix}If-Modified-Since"))
    until = _seconds(headers.get(f"{prefix}If-Unmodified-Since"))
    modified = int(stored.modified)
    if match is not None and not _names(match, stored):
        raise precondition_failed(f"{prefix}If-Match")
    if until is not None and modified > until:
        raise precondition_failed(f"{prefix}If-Unmodified-Since")
    if unmatched is not None and _names(unmatched, stored):
        raise _not_modified(stored)
    if since is not None and modified <= since:
        raise _not_modified(stored)


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
