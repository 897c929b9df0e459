"""The ports of a deployment, each with its adapter behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.bus.ports import DeadLetters, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.storage.ports import ObjectStore, StateStore


@dataclass(frozen=True)
class Ports:
    """What differs from cloud to cloud."""

    store: ObjectStore
    state: StateStore
    publisher: Publisher
    credentials: CredentialSource
    """For ID Verification."""
    dead_letters: DeadLetters | None = None
    """None where the platform keeps what is given up, and why."""
