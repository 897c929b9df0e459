"""What facescreen asks of a message bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Publisher(Protocol):
    """A topic, queue or bus that takes CloudEvents."""

    def publish(self, message: Mapping[str, Any]) -> None:
        """Sends one message; filters may go by its verdict and bucket.

        Raises errors.Unavailable, errors.AccessRefused.
        """
