"""Dates in requests, and the window around now that they must be in."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from time import time

WINDOW_S = 15 * 60
"""How far a client's clock may be off, before or behind."""
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


class MalformedDateError(Exception):
    """A date that can't be read; `form` is what it should look like to strptime."""

    def __init__(self, form: str) -> None:
        super().__init__(f"not a date of the form {form}")
        self.form = form


class ClockSkewError(Exception):
    """The clock that the request was sent by is off by more than the window."""


class RequestNotYetValidError(Exception):
    """The request is signed for a time that has not come."""


class RequestExpiredError(Exception):
    """The request is signed for a time that has passed."""


def parse_http_date(text: str) -> float:
    """Seconds since the epoch, of a Date header. Raises MalformedDateError."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise MalformedDateError(HTTP_DATE) from None


def parse_utc(text: str, form: str) -> float:
    """Seconds since the epoch, of a date of strptime's `form`. Raises MalformedDateError."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise MalformedDateError(form) from None


def check_window(sent_at: float) -> None:
    """Raises ClockSkewError unless `sent_at` is now, give or take the window."""
    if abs(time() - sent_at) > WINDOW_S:
        raise ClockSkewError


def check_begun(signed_at: float) -> None:
    """Raises RequestNotYetValidError for a time that is further ahead than the window."""
    if signed_at - time() > WINDOW_S:
        raise RequestNotYetValidError


def check_not_expired(expires_at: float) -> None:
    """Raises RequestExpiredError."""
    if has_passed(expires_at):
        raise RequestExpiredError


def has_passed(moment: float) -> bool:
    """Whether `moment`, in seconds since the epoch, is in the past."""
    return time() > moment
