"""What a cloud contributes to a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.bus.ports import DeadLetterSender, Invoker, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings.loader import Group, Reader
    from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore


class Platform(Protocol):
    """One cloud, set up. Each adapter is made, and its SDK loaded, when it is asked for first."""

    name: ClassVar[str]
    """``alibaba`` or ``aws``."""
    title: ClassVar[str]
    """For people."""
    store: ClassVar[str]
    """What its object store is called in names of objects: ``oss``, ``s3``."""
    groups: ClassVar[tuple[type[Group], ...]]
    """The settings that it adds to the table."""

    @classmethod
    def read(
        cls, reader: Reader, credentials: CredentialSource, *, invokes: bool = False
    ) -> Platform:
        """Reads its settings; what is wrong is left with the reader. `credentials` are those of
        the invocation, or of whoever runs a command. With `invokes` it can invoke functions."""

    @classmethod
    def public_endpoints(cls, environment: Mapping[str, str]) -> dict[str, str]:
        """Its settings, by name, for who is outside the functions' network."""

    @property
    def cloudauth_endpoint(self) -> str:
        """Base URL of ID Verification, as it is reached from here."""

    @property
    def max_receive_count(self) -> int:
        """How often an event is delivered before it is a dead letter; 0 where nobody counts."""

    @property
    def credentials(self) -> CredentialSource:
        """For ID Verification."""

    @property
    def object_store(self) -> ObjectStore:
        """The store of the watched buckets."""

    @property
    def quarantine_store(self) -> QuarantineStore:
        """The same, where objects are moved or restricted."""

    def state_store(self, bucket: str) -> StateStore:
        """What the ledger is kept in."""

    @property
    def publisher(self) -> Publisher:
        """Where messages go."""

    @property
    def dead_letters(self) -> DeadLetterSender | None:
        """None where the platform keeps what is given up, and why."""

    @property
    def invoker(self) -> Invoker:
        """The function that screens, for the sweep."""
