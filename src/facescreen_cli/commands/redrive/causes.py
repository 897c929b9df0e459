"""Why an event failed for good: whether sending it again can mend that, and what has to be done.

By the error that the function raised (facescreen.errors), or a word for what else happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facescreen import errors

UNREADABLE_LETTER = "Unreadable"
"""A letter that is not one of these functions'."""
UNKNOWN_CAUSE = "NotTold"
"""The queue kept the event and not why it failed, and nothing on its object says so either."""
ALREADY_SCREENED = "AlreadyScreened"
"""Its object has a verdict by now."""


@dataclass(frozen=True)
class Cause:
    """What letters are grouped by."""

    name: str
    again: bool
    """Whether the event is of use to the function."""
    remedy: str


_CAUSES_BY_ERROR: dict[type[errors.FacescreenError], tuple[bool, str]] = {
    errors.DailyLimitReachedError: (
        True,
        "The day's paid calls are spent: there are more from 00:00 UTC.",
    ),
    errors.ThrottledError: (True, "Over the quota: set CALLS_PER_SECOND to your share of it."),
    errors.SourceDownloadTimeoutError: (
        True,
        "The service could not download in time: look at the bucket.",
    ),
    errors.AlreadyInProgressError: (
        True,
        "Another delivery was at work on it: it may be done by now.",
    ),
    errors.TransientError: (True, "It may have passed: send it again."),
    errors.AccessDeniedError: (
        True,
        "Give the function's role what it lacks first: doctor names it.",
    ),
    errors.InvalidCredentialsError: (
        True,
        "See that the function's role exists, and is its own, first.",
    ),
    errors.InvalidSettingsError: (True, "Mend the setting that is named, and deploy, first."),
    errors.EmulatorRefusedError: (True, "Take the local stand-in out of CLOUDAUTH_ENDPOINT first."),
    errors.InvalidEventError: (
        False,
        "It is no event of a bucket: see who invokes the function with it.",
    ),
    errors.OperatorError: (True, "Mend what is named first."),
    errors.ObjectNotFoundError: (
        True,
        "It was deleted: sent again it costs nothing, and is off the queue.",
    ),
    errors.ObjectChangedError: (
        True,
        "It was overwritten, which was an event of its own: sent again this one costs nothing.",
    ),
}
_REMEDIES_BY_NAME = {
    "FunctionTimeout": "It ran out of time: see `doctor` on time-outs, and how slow the calls are.",
    "FunctionProcessExited": "The instance died: look at its memory, and send it again.",
    "InstanceError": "The platform could not start an instance: send it again.",
    "EventAgeExceeded": "It waited too long for an instance: raise RESERVED_CONCURRENCY.",
    ALREADY_SCREENED: "Another event had it screened: sent again it is not paid for again.",
    UNKNOWN_CAUSE: "The function timed out, its instance died, or the daily limit was reached: see "
    "the function's log.",
}
_DEFAULT_REMEDY = "Not foreseen: report it with its log line, and send it again once it is mended."


def find_cause(error: str) -> Cause:
    """By the name of an error, or by its class: Function Compute writes the class, and dead
    letters outlive a deployment."""
    if error == UNREADABLE_LETTER:
        return Cause(error, False, "No letter of these functions: read it in the queue's console.")
    if error in _REMEDIES_BY_NAME:
        return Cause(error, True, _REMEDIES_BY_NAME[error])
    if kind := find_error_class(error):
        for known in kind.__mro__:
            if known in _CAUSES_BY_ERROR:
                return Cause(kind.name, *_CAUSES_BY_ERROR[known])
    return Cause(error, True, _DEFAULT_REMEDY)


def find_error_class(error: str) -> type[errors.FacescreenError] | None:
    """The class that has this name, or is called so; None where it is none of ours."""
    return _ERROR_CLASSES.get(error)


def error_name(error: str) -> str:
    """The name of an error that is told by its name or by its class; any other as it is told."""
    kind = find_error_class(error)
    return kind.name if kind else error


def _error_classes(base: type[errors.FacescreenError]) -> Iterator[type[errors.FacescreenError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _error_classes(kind)


_ERROR_CLASSES = {
    name: kind
    for kind in _error_classes(errors.FacescreenError)
    for name in (kind.__name__, kind.name)
}
