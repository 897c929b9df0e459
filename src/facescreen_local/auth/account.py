"""The one account of the local cloud: its AccessKey and the temporary keys it has issued."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

_KEY_CHARACTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class AccessKey:
    """An AccessKey; `security_token` is empty for a long-lived one."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass
class LocalAccount:
    """The account and its keys. Every service checks signatures against it."""

    account_id: str
    key: AccessKey
    _temporary_keys: dict[str, AccessKey] = field(default_factory=dict, repr=False)

    @classmethod
    def create(cls) -> LocalAccount:
        """Create an account with a random id and a random key."""
        return cls(
            "1" + _generate_digits(15),
            AccessKey("LTAI" + _generate_letters(20), _generate_letters(30)),
        )

    def issue_temporary_key(self) -> AccessKey:
        """Create temporary credentials, as STS issues them to a function."""
        key = AccessKey(
            "STS." + _generate_letters(24),
            _generate_letters(44),
            "CAIS" + _generate_letters(96) + "+/==",
        )
        self._temporary_keys[key.access_key_id] = key
        return key

    @property
    def temporary_keys(self) -> list[AccessKey]:
        """Every temporary key that was issued."""
        return list(self._temporary_keys.values())

    def find_key(self, access_key_id: str) -> AccessKey | None:
        """Return the key with this ID, long-lived or temporary; None if there is none."""
        return {self.key.access_key_id: self.key, **self._temporary_keys}.get(access_key_id)


def _generate_letters(length: int) -> str:
    return "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(length))


def _generate_digits(length: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(length))
