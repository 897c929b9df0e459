"""All of a world that changes, except its stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.interleavings.execution import Call
from tests.interleavings.truth import Tagging, Truth

START_S = 1_800_000_000


class Delivery(NamedTuple):
    """One event and its attempts."""

    write: int
    attempts: int = 0
    status: str = "waiting"
    """``waiting``, ``running``, ``failed`` or ``done``."""
    seen: int = -1
    """The write that the last look of the running attempt saw."""
    is_current: bool = False
    """Whether nothing was written, and no ACL changed, since that look."""
    has_open_window: bool = False
    """Whether it sent a tagging request, and no attempt has ended well since, or gone on to other
    bytes."""
    has_looked_after: bool = True
    """Whether it has looked since its last tagging request."""


class OpenCall(NamedTuple):
    """A paid call of which it is not recorded yet what the service saw."""

    label: str
    """Of the content that the service saw."""
    is_proof: bool
    """Whether the service can only have seen the right bytes."""
    content_id: str = ""
    """Of the entry that has the finding; empty until it is recorded."""
    has_changed: bool = False
    """Whether the object has changed since the look before a call by URL."""


class Attempt(NamedTuple):
    """A running attempt of a delivery."""

    delivery: int
    node: int
    """Where its code is."""
    ends_at: float
    """When the platform ends it."""
    wakes_at: tuple[tuple[str, float], ...] = ()
    """When each sleeping strand may continue."""
    open_call: OpenCall | None = None
    has_released: bool = False
    """Whether it has released a claim since it tagged the object and looked again."""
    is_new: bool = True
    """Whether it has not done anything yet."""
    has_just_changed: bool = False
    """Whether its last call changed something. Only kept while a fault may still happen."""


class LateRequest(NamedTuple):
    """A request whose client gave up, and that has not taken effect yet."""

    call: Call
    tagging: Tagging | None
    lands_until: float
    sender: tuple[int, int]
    """The delivery and the number of the attempt."""


@dataclass(slots=True)
class State:
    """What happened, what runs, and what is on its way."""

    now: int = START_S
    deliveries: tuple[Delivery, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    late: tuple[LateRequest, ...] = ()
    truth: Truth = field(default_factory=Truth)
    uploads: int = 0
    faults: int = 0
    ticks: int = 0

    def freeze(self) -> tuple[Any, ...]:
        """Return the state as a value."""
        return (
            self.now,
            self.deliveries,
            self.attempts,
            self.late,
            self.truth,
            self.uploads,
            self.faults,
            self.ticks,
        )

    def restore(self, frozen: tuple[Any, ...]) -> None:
        """Return to a frozen state."""
        (
            self.now,
            self.deliveries,
            self.attempts,
            self.late,
            self.truth,
            self.uploads,
            self.faults,
            self.ticks,
        ) = frozen

    def put_attempt(self, number: int, attempt: Attempt) -> None:
        self.attempts = (*self.attempts[:number], attempt, *self.attempts[number + 1 :])

    def remove_attempt(self, number: int) -> None:
        self.attempts = self.attempts[:number] + self.attempts[number + 1 :]

    def change_attempt(self, number: int, **changes: Any) -> None:
        self.put_attempt(number, self.attempts[number]._replace(**changes))

    def change_delivery(self, number: int, **changes: Any) -> None:
        changed = self.deliveries[number]._replace(**changes)
        self.deliveries = (*self.deliveries[:number], changed, *self.deliveries[number + 1 :])
