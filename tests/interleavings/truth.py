"""What really happened, which neither the store's metadata nor the code under test can see."""

from __future__ import annotations

from typing import NamedTuple


class Write(NamedTuple):
    """A write of the object."""

    label: str
    """Of its content."""
    etag: str
    version_id: str
    second: int
    """When it became visible."""


class Tagging(NamedTuple):
    """A tagging request, and what its sender knew."""

    delivery: int
    seen: int
    """The write that the delivery's last look before the request saw; -1 without a look."""


OUTSIDE_WINDOWS = Tagging(-1, -1)
"""Any tagging request that was not sent for an older write than the one that it reached."""


class Message(NamedTuple):
    """A published message."""

    etag: str
    verdict: str
    seen: int
    """The write that its sender's last look saw."""


class Truth(NamedTuple):
    """Everything that the invariants need."""

    writes: tuple[Write, ...] = ()
    tagged_by: tuple[Tagging | None, ...] = ()
    """For each write, whose tags it has."""
    paid_calls: tuple[str, ...] = ()
    """The content that the service saw in each paid call, sorted."""
    excused_calls: tuple[str, ...] = ()
    """The paid calls of which nobody could know or use the result, so that another one may follow.
    Sorted."""
    unproven_calls: tuple[str, ...] = ()
    """Calls by URL after which it was not recorded that the revision is the same, and whose object
    has not changed since the look before. If it changes, they are excused. Sorted."""
    messages: tuple[Message, ...] = ()
    """Sorted, each once."""
    false_message: str = ""
    """The first message that says low_risk although the look after the tagging request saw other
    bytes, or would have seen them."""
