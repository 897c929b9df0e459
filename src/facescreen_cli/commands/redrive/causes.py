"""The causes of dead letters: whether sending the event again can help, and what to do first.

A cause is the name of the error that the function raised (facescreen.errors), or one of the names
below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facescreen import errors

UNREADABLE_DEAD_LETTER = "Unreadable"
"""The message holds no event of these functions."""
UNKNOWN_CAUSE = "NotTold"
"""The queue kept the event without the error, and the object's tags don't name it either."""
ALREADY_SCREENED = "AlreadyScreened"
"""The object has a verdict now."""


@dataclass(frozen=True)
class Cause:
    """Why dead letters failed. They are grouped by cause."""

    name: str
    can_redrive: bool
    """Whether the function can process the event."""
    remedy: str


_CAUSES_BY_ERROR: dict[type[errors.FacescreenError], tuple[bool, str]] = {
    errors.DailyLimitReachedError: (
        True,
        "The daily limit was reached: it resets at 00:00 UTC.",
    ),
    errors.ThrottledError: (
        True,
        "The quota was exceeded: set CALLS_PER_SECOND to your share of it.",
    ),
    errors.SourceDownloadTimeoutError: (
        True,
        "The service could not download the object in time: check the bucket.",
    ),
    errors.AlreadyInProgressError: (
        True,
        "Another delivery was processing it, and may have finished.",
    ),
    errors.RevisionNotSettledError: (
        True,
        "The object was written just before, or again and again: its revision may have settled.",
    ),
    errors.TransientError: (True, "The error may be gone: send it again."),
    errors.AccessDeniedError: (
        True,
        "First grant the function's role the missing permission: see `facescreen doctor`.",
    ),
    errors.InvalidCredentialsError: (
        True,
        "First check that the function's role exists and is the function's own.",
    ),
    errors.InvalidSettingsError: (True, "First correct the named setting and deploy."),
    errors.EmulatorRefusedError: (
        True,
        "First set CLOUDAUTH_ENDPOINT to the real service, not to a local emulator.",
    ),
    errors.InvalidEventError: (
        False,
        "It is not a bucket event: find out who invokes the function with it.",
    ),
    errors.OperatorError: (True, "First fix what the message names."),
    errors.ObjectNotFoundError: (
        True,
        "The object was deleted: sending its event again costs nothing and clears the queue.",
    ),
    errors.ObjectChangedError: (
        True,
        "The object was overwritten, which sent a new event: sending this one costs nothing.",
    ),
}
_REMEDIES_BY_NAME = {
    "FunctionTimeout": "The function timed out: see `facescreen doctor`, and how long calls take.",
    "FunctionProcessExited": "The instance died: check its memory, and send it again.",
    "InstanceError": "The platform could not start an instance: send it again.",
    "EventAgeExceeded": "It waited too long for an instance: raise RESERVED_CONCURRENCY.",
    ALREADY_SCREENED: "Another event got the object screened: sending it again costs nothing.",
    UNKNOWN_CAUSE: "The function timed out, its instance died, or the daily limit was reached: see "
    "the function's log.",
}
_DEFAULT_REMEDY = "Unexpected: report it with its log line, and send it again once it is fixed."


def find_cause(error: str) -> Cause:
    """Find the cause by the `name` of an error."""
    if error == UNREADABLE_DEAD_LETTER:
        return Cause(
            error, False, "Not a dead letter of these functions: look at it in the queue's console."
        )
    if error in _REMEDIES_BY_NAME:
        return Cause(error, True, _REMEDIES_BY_NAME[error])
    if error_class := find_error_class(error):
        for base_class in error_class.__mro__:
            if base_class in _CAUSES_BY_ERROR:
                return Cause(error_class.name, *_CAUSES_BY_ERROR[base_class])
    return Cause(error, True, _DEFAULT_REMEDY)


def find_error_class(error: str) -> type[errors.FacescreenError] | None:
    """The error class with this `name`; None if there is none."""
    return _ERROR_CLASSES.get(error)


def _list_error_classes(
    base: type[errors.FacescreenError],
) -> Iterator[type[errors.FacescreenError]]:
    yield base
    for error_class in base.__subclasses__():
        yield from _list_error_classes(error_class)


_ERROR_CLASSES = {
    error_class.name: error_class for error_class in _list_error_classes(errors.FacescreenError)
}
