"""Parses dates in requests and checks them against the current time."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from time import time

MAX_CLOCK_SKEW_S = 15 * 60
"""How far a client's clock may be ahead or behind."""
HTTP_DATE_FORMAT = "%a, %d %b %Y %H:%M:%S GMT"


class MalformedDateError(Exception):
    """The date can't be parsed; `date_format` is the expected format, as for strptime."""

    def __init__(self, date_format: str) -> None:
        super().__init__(f"not a date of the form {date_format}")
        self.date_format = date_format


class ClockSkewError(Exception):
    """The request's date differs from the current time by more than MAX_CLOCK_SKEW_S."""


class RequestNotYetValidError(Exception):
    """The request's signature is not valid yet."""


class RequestExpiredError(Exception):
    """The request's signature has expired."""


def parse_http_date(text: str) -> float:
    """Parse a Date header to seconds since the epoch. Raises MalformedDateError."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise MalformedDateError(HTTP_DATE_FORMAT) from None


def parse_utc(text: str, date_format: str) -> float:
    """Parse a UTC date in strptime's `date_format` to seconds since the epoch.

    Raises MalformedDateError.
    """
    try:
        return datetime.strptime(text, date_format).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise MalformedDateError(date_format) from None


def check_clock_skew(sent_at: float) -> None:
    """Check that `sent_at` is within MAX_CLOCK_SKEW_S of now. Raises ClockSkewError."""
    if abs(time() - sent_at) > MAX_CLOCK_SKEW_S:
        raise ClockSkewError


def check_not_before(signed_at: float) -> None:
    """Check that `signed_at` is at most MAX_CLOCK_SKEW_S ahead. Raises RequestNotYetValidError."""
    if signed_at - time() > MAX_CLOCK_SKEW_S:
        raise RequestNotYetValidError


def check_not_expired(expires_at: float) -> None:
    """Check that `expires_at` is in the future. Raises RequestExpiredError."""
    if has_passed(expires_at):
        raise RequestExpiredError


def has_passed(timestamp: float) -> bool:
    """Return whether `timestamp`, in seconds since the epoch, is in the past."""
    return time() > timestamp
