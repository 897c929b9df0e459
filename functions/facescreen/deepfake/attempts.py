"""The course of one detection: when to call, when to wait, when to give up.

No I/O happens here: the course is a generator that yields what to do (`Wait`, `Send`, `Upload`)
and is sent what came of it, so that any client can drive it, blocking or not.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeVar

from facescreen import errors
from facescreen.deepfake.answer import Reply
from facescreen.deepfake.upload import Upload, check_stored, rewound
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from facescreen.clients.acs3 import SignedRequest
    from facescreen.deepfake.allowance import Allowance
    from facescreen.deepfake.pace import Pace
    from facescreen.deepfake.upload import Permission

SHORTEST_CALL_S = 1.0
"""With less time left than this, a call is not begun."""
UPLOAD_TIMEOUT_S = 30.0
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.25, 8.0

T = TypeVar("T")


@dataclass(frozen=True)
class Wait:
    """Sleep before the next step."""

    seconds: float


@dataclass(frozen=True)
class Send:
    """Send the request; wait no longer than `timeout_s` for its answer."""

    request: SignedRequest
    timeout_s: float


Step = Wait | Send | Upload
Came = Reply | errors.Passing | None
"""What came of a step: an answer, the error that the transport met, or nothing of a Wait."""
Course = Generator[Step, Came, T]


def calls(
    build: Callable[[], SignedRequest],
    read: Callable[[Reply], T],
    *,
    timeout_s: float,
    deadline: Deadline,
    pace: Pace,
    allowance: Allowance,
) -> Course[T]:
    """Calls until `read` makes something of an answer, or no time is left.

    `build` makes each request anew: fresh date, nonce, credentials and presigned URL. Raises what
    the service's Code stands for; of passing errors, the last one. Raises errors.Deferred where
    `allowance` lets no call through.
    """
    spent = _Spent()
    last: errors.Passing = errors.Throttled("no turn within the quota in the time left")
    for attempt in itertools.count():
        allowance.check()  # before a turn is taken that others could use
        turn = pace.reserve(deadline.left() - SHORTEST_CALL_S)
        if turn is None:
            raise last
        at = Deadline.after(turn)
        request = build()  # while waiting: a call that leaves late crowds the ones behind it
        permit = allowance.draw(turn)
        yield Wait(max(0.0, at.left()))
        try:
            with permit:
                return read(received((yield Send(request, min(timeout_s, deadline.left())))))
        except errors.Passing as error:
            last = error
            delay = _delay(error, attempt)
            if not spent.allows(error) or deadline.left() - delay < SHORTEST_CALL_S:
                raise
        yield Wait(delay)
    raise AssertionError("unreachable")


def uploads(
    authorize: Callable[[], SignedRequest],
    read: Callable[[Reply], Permission],
    file: IO[bytes],
    deadline: Deadline,
) -> Course[Permission]:
    """Puts a file where the service finds it, under a fresh permission for each attempt."""
    for attempt in itertools.count():
        try:
            granted = read(received((yield Send(authorize(), UPLOAD_TIMEOUT_S))))
            rewound(file, first=attempt == 0)
            came = yield Upload(granted.url, granted.fields, file, UPLOAD_TIMEOUT_S)
            check_stored(received(came))
        except errors.Passing as error:
            delay = _delay(error, attempt)
            if deadline.left() - delay < SHORTEST_CALL_S:
                raise
            yield Wait(delay)
        else:
            return granted
    raise AssertionError("unreachable")


@dataclass
class _Spent:
    """What is retried only once: each of these may mean that the last call was paid for, or that
    another can't help."""

    unanswered: bool = False
    expired: bool = False

    def allows(self, error: errors.Passing) -> bool:
        if isinstance(error, errors.NoAnswer):
            allowed, self.unanswered = not self.unanswered, True
            return allowed
        if isinstance(error, errors.CredentialsExpired):
            allowed, self.expired = not self.expired, True
            return allowed
        return True


def received(came: Came) -> Reply:
    """The answer to a Send. Raises what the transport met instead."""
    if isinstance(came, errors.Passing):
        raise came
    if came is None:
        raise TypeError("a Send must be answered with a Reply or an error")
    return came


def _delay(error: errors.Passing, attempt: int) -> float:
    """Full jitter over a doubling span; never less than what the service asked for."""
    span = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2**attempt)
    asked = error.retry_after_s if isinstance(error, errors.Throttled) else 0
    return asked + random.uniform(0, span)  # noqa: S311
