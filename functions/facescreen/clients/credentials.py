"""Alibaba Cloud credentials, whose repr is hidden, and the sources that provide them."""

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
        """Return itself, so that fixed credentials are a CredentialSource."""
        return self


class CredentialSource(Protocol):
    """Provides the current credentials. Temporary ones change between invocations."""

    def get(self) -> Credentials:
        """Return the credentials to sign the next request with. Raises
        errors.InvalidCredentialsError, and errors.TransientError if they can't be fetched now."""
