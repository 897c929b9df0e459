"""The ports to a message bus, a dead-letter queue, and the deployed function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from facescreen.errors import RequestRejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.errors import FacescreenError


class Publisher(Protocol):
    """Sends CloudEvents to a topic, queue or bus."""

    def publish(self, message: Mapping[str, Any]) -> None:
        """Send one message, with attributes by which subscribers can filter: verdict and bucket.

        Raises errors.ServiceUnavailableError, errors.AccessDeniedError.
        """


class DeadLetterSender(Protocol):
    """Sends events to a dead-letter queue: they are not delivered again."""

    def send(self, event: str, cause: FacescreenError) -> None:
        """Send an event unchanged, with the name and the message of `cause`.

        Raises errors.FacescreenError.
        """


class Invoker(Protocol):
    """Invokes the deployed function asynchronously. Thread-safe."""

    def submit(self, payload: bytes) -> None:
        """Submit one event. Returns once the platform has accepted it: the platform retries it, or
        makes it a dead letter.

        Transient errors are retried. Raises errors.FacescreenError; after a TransientError the
        event may have been accepted nevertheless.
        """


def check_event_size(payload: bytes, max_bytes: int, operation: str) -> None:
    """Raise RequestRejectedError for an event of more than `max_bytes`, the limit of
    `operation`."""
    if len(payload) > max_bytes:
        raise RequestRejectedError(
            f"the event has {len(payload)} bytes; {operation} allow at most {max_bytes}"
        )
