"""Dates in requests, and whether their time has passed or not yet come."""

from __future__ import annotations

import calendar
from email.utils import parsedate_to_datetime
from time import strptime, time

from facescreen_local.oss.errors import OssError, access_denied

SKEW_S = 15 * 60
"""How far a client's clock may be off."""


def http_date(text: str) -> float:
    """Seconds since the epoch, of a Date header. Raises OssError AccessDenied."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise access_denied("OSS authentication requires a valid Date.") from None


def iso_date(text: str) -> float:
    """Seconds since the epoch, of ``20231216T162057Z``. Raises OssError AccessDenied."""
    try:
        return calendar.timegm(strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise access_denied("OSS authentication requires a valid x-oss-date.") from None


def refuse_skew(sent_at: float) -> None:
    """Raises OssError RequestTimeTooSkewed."""
    if abs(time() - sent_at) > SKEW_S:
        text = "The difference between the request time and the current time is too large."
        raise OssError(403, "RequestTimeTooSkewed", text)


def refuse_future(signed_at: float) -> None:
    """Raises OssError AccessDenied."""
    if signed_at - time() > SKEW_S:
        raise access_denied("Request is not yet valid.")


def refuse_expired(expires_at: float, message: str = "Request has expired.") -> None:
    """Raises OssError AccessDenied, with the message."""
    if time() > expires_at:
        raise access_denied(message)
