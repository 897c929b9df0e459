"""The bus ports in memory, for tests: they keep what they are given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.bus.ports import check_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facescreen.errors import FacescreenError

MAX_EVENT_BYTES = 128 * 1024
"""What Function Compute accepts of an asynchronous event: the smaller limit of the two clouds."""


class MemoryPublisher:
    """A Publisher. `messages` are those published, in order, as a subscriber parses them."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def publish(self, message: Mapping[str, Any]) -> None:
        self.messages.append(json.loads(json.dumps(message)))


class MemoryDeadLetters:
    """A DeadLetters queue. `letters` are the event, the name of the error, and its message."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []

    def put(self, event: str, why: FacescreenError) -> None:
        self.letters.append((event, why.name, str(why)))


class MemoryInvoker:
    """An Invoker. `payloads` are the events accepted, in order.

    `before` is called ahead of each submission, and may raise.
    """

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.before: Callable[[], None] = lambda: None

    def submit(self, payload: bytes) -> None:
        self.before()
        check_size(payload, MAX_EVENT_BYTES, "functions in memory")
        self.payloads.append(payload)
