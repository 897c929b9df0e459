"""Who may call the local cloud: one account, its AccessKey, and the STS tokens it issued."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Key:
    """An AccessKey; `security_token` is empty for a long-lived one."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


@dataclass
class Identity:
    """The account's keys. Every service of the local cloud checks signatures against it."""

    account_id: str
    key: Key
    _issued: dict[str, Key] = field(default_factory=dict, repr=False)

    @classmethod
    def fresh(cls) -> Identity:
        """A new account with random keys."""
        return cls("1" + _digits(15), Key("LTAI" + _text(20), _text(30)))

    def issue_token(self) -> Key:
        """Temporary credentials, as STS gives them to a function."""
        key = Key("STS." + _text(24), _text(44), "CAIS" + _text(96) + "+/==")
        self._issued[key.access_key_id] = key
        return key

    @property
    def issued(self) -> list[Key]:
        """Every temporary key so far."""
        return list(self._issued.values())

    def find_key(self, access_key_id: str) -> Key | None:
        """The account's key with this ID, long-lived or temporary."""
        return {self.key.access_key_id: self.key, **self._issued}.get(access_key_id)


def _text(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _digits(length: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(length))
