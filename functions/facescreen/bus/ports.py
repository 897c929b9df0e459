"""What facescreen asks of a message bus, a dead-letter queue, and the invoker of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from facescreen.errors import RequestRejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.errors import FacescreenError


class Publisher(Protocol):
    """A topic, queue or bus that takes CloudEvents."""

    def publish(self, message: Mapping[str, Any]) -> None:
        """Sends one message; filters may go by its verdict and bucket.

        Raises errors.ServiceUnavailableError, errors.AccessDeniedError.
        """


class DeadLetters(Protocol):
    """A queue of events that are not delivered again."""

    def put(self, event: str, why: FacescreenError) -> None:
        """Keeps an event as it came, with the class and the text of `why` beside it.

        Raises errors.FacescreenError.
        """


class Invoker(Protocol):
    """The deployed function, as who stands outside reaches it. Safe to use from several threads."""

    def submit(self, payload: bytes) -> None:
        """Hands over one event, and returns once the platform has accepted it: from then on it is
        retried, or kept as a dead letter, by the platform.

        A transient error is retried first. Raises errors.FacescreenError: TransientError, after
        which the event may have been accepted all the same, or what is final.
        """


def check_size(payload: bytes, most: int, whose: str) -> None:
    """Raises RequestRejectedError for an event of more than `most` bytes, which `whose` limit
    is."""
    if len(payload) > most:
        raise RequestRejectedError(
            f"the event has {len(payload)} bytes; {whose} take {most} at most"
        )
