"""The bus ports in memory, for tests. They record what they receive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.bus.ports import check_event_size
from facescreen.testing.requests import RequestPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facescreen.errors import FacescreenError

MAX_EVENT_BYTES = 128 * 1024
"""The limit of Function Compute for an asynchronous event, the smaller one of the two clouds."""


class MemoryPublisher(RequestPoint):
    """A Publisher. `messages` are the published messages, in order, as a subscriber parses them.

    Its one operation is ``publish``. After a lost response or a late arrival, a publisher that
    tries again publishes twice, as on a real bus.
    """

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []

    def publish(self, message: Mapping[str, Any]) -> None:
        self._perform("publish", self._receive, json.dumps(message))

    def _receive(self, body: str) -> None:
        self.messages.append(json.loads(body))


class MemoryDeadLetterSender:
    """A DeadLetterSender. `entries` hold the event, the name of the error, and its message."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str]] = []

    def send(self, event: str, cause: FacescreenError) -> None:
        self.entries.append((event, cause.name, str(cause)))


class MemoryInvoker:
    """An Invoker. `payloads` are the accepted events, in order.

    `before_submit` is called before each submission, and may raise.
    """

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.before_submit: Callable[[], None] = lambda: None

    def submit(self, payload: bytes) -> None:
        self.before_submit()
        check_event_size(payload, MAX_EVENT_BYTES, "in-memory functions")
        self.payloads.append(payload)
