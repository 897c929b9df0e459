"""What facescreen asks of a message bus, and of a dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.errors import FacescreenError


class Publisher(Protocol):
    """A topic, queue or bus that takes CloudEvents."""

    def publish(self, message: Mapping[str, Any]) -> None:
        """Sends one message; filters may go by its verdict and bucket.

        Raises errors.Unavailable, errors.AccessRefused.
        """


class DeadLetters(Protocol):
    """A queue of events that are not delivered again."""

    def put(self, event: str, why: FacescreenError) -> None:
        """Keeps an event as it came, with the class and the text of `why` beside it.

        Raises errors.FacescreenError.
        """
