"""Credentials as the functions hold them: read anew for each use, never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Credentials:
    """An Alibaba Cloud AccessKey; `security_token` is empty for a long-lived one."""

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)

    def get(self) -> Credentials:
        """Themselves: credentials that stay the same are a CredentialSource."""
        return self


class CredentialSource(Protocol):
    """Gives the credentials of the moment: temporary ones change from invocation to invocation."""

    def get(self) -> Credentials:
        """The credentials to sign the next request with. Raises errors.InvalidCredentialsError, and
        errors.TransientError where they are fetched and nobody answers."""
