"""The port to a cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.bus.ports import DeadLetterSender, Invoker, Publisher
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings.loader import SettingsGroup, SettingsReader
    from facescreen.storage.ports import ObjectStore, QuarantineStore, StateStore


class Platform(Protocol):
    """A cloud with its settings. Adapters are created, and SDKs loaded, on first access."""

    name: ClassVar[str]
    """``alibaba`` or ``aws``."""
    title: ClassVar[str]
    """The name for people."""
    store: ClassVar[str]
    """The scheme of its objects' URIs: ``oss``, ``s3``."""
    groups: ClassVar[tuple[type[SettingsGroup], ...]]
    """Its groups of settings."""

    @classmethod
    def from_settings(
        cls, reader: SettingsReader, credentials: CredentialSource, *, can_invoke: bool = False
    ) -> Platform:
        """Read its settings; errors are left in the reader. `credentials` are those of the
        invocation, or of the command line's user. `can_invoke` enables `invoker`."""

    @classmethod
    def build_public_endpoint_settings(cls, environment: Mapping[str, str]) -> dict[str, str]:
        """Return settings, by name, for use outside the functions' network."""

    @property
    def cloudauth_endpoint(self) -> str:
        """The base URL of ID Verification."""

    @property
    def max_receive_count(self) -> int:
        """How often an event is delivered before it goes to the dead-letter queue; 0 if that is not
        known."""

    @property
    def credentials(self) -> CredentialSource:
        """The credentials for ID Verification."""

    @property
    def object_store(self) -> ObjectStore:
        """The store of the watched buckets."""

    @property
    def quarantine_store(self) -> QuarantineStore:
        """The store for moving and restricting objects."""

    def create_state_store(self, bucket: str) -> StateStore:
        """Create the store of the ledger."""

    @property
    def publisher(self) -> Publisher:
        """The publisher of messages."""

    @property
    def dead_letter_sender(self) -> DeadLetterSender | None:
        """The sender of dead letters; None if the platform itself stores them with their cause."""

    @property
    def invoker(self) -> Invoker:
        """Invokes the function that screens objects, for the sweep."""
