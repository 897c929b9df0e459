"""What a setting's value must be, and what is made of its text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]{1,255}")


class Form(Protocol[T_co]):
    """One kind of value."""

    @property
    def must_be(self) -> str:
        """For people: ``NAME must be …``."""

    @property
    def empty(self) -> T_co:
        """The value of a setting that may be left out, and is."""

    def parse(self, text: str) -> T_co:
        """The value of a text that is not empty. Raises ValueError."""


@dataclass(frozen=True)
class Text:
    """A string, the whole of which matches a pattern."""

    pattern: str
    must_be: str
    empty: str = ""

    def parse(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(self.must_be)
        return text


BUCKET = Text(
    r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "a bucket's name: 3 to 63 lower-case letters, digits or hyphens",
)
"""A name that both stores take."""


@dataclass(frozen=True)
class Number:
    """A number within bounds."""

    least: float
    most: float
    empty: float = 0

    @property
    def must_be(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def parse(self, text: str) -> float:
        value = float(text)
        # False for what is not a number, too.
        if not self.least <= value <= self.most:
            raise ValueError(self.must_be)
        return value


@dataclass(frozen=True)
class WholeNumber:
    """A number within bounds, cut to a whole one."""

    least: int
    most: int
    empty: int = 0

    @property
    def must_be(self) -> str:
        return Number(self.least, self.most).must_be

    def parse(self, text: str) -> int:
        return int(Number(self.least, self.most).parse(text))


@dataclass(frozen=True)
class Minutes:
    """A number of minutes within bounds."""

    least: float
    most: float
    empty: timedelta = timedelta()

    @property
    def must_be(self) -> str:
        return Number(self.least, self.most).must_be

    def parse(self, text: str) -> timedelta:
        return timedelta(minutes=Number(self.least, self.most).parse(text))


@dataclass(frozen=True)
class Choice(Generic[T]):
    """One of some words, in any case."""

    values: Mapping[str, T]
    """What each word stands for."""
    empty: T

    @property
    def must_be(self) -> str:
        return f"one of: {', '.join(self.values)}"

    def parse(self, text: str) -> T:
        if text.lower() not in self.values:
            raise ValueError(self.must_be)
        return self.values[text.lower()]


def words(*names: str) -> Choice[str]:
    """A choice of words that stand for themselves."""
    return Choice({name: name for name in names}, "")


@dataclass(frozen=True)
class Switch:
    """Yes or no."""

    empty: bool = False
    must_be: str = "true or false"

    def parse(self, text: str) -> bool:
        if text.lower() not in _YES + _NO:
            raise ValueError(self.must_be)
        return text.lower() in _YES


@dataclass(frozen=True)
class Names:
    """Strings with commas between, without the blanks around each."""

    empty: tuple[str, ...] = ()
    must_be: str = "names with commas between"

    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in text.split(",") if item.strip())


@dataclass(frozen=True)
class Endpoint:
    """A base URL, without a slash at its end; plain http on loopback alone."""

    empty: str = ""
    must_be: str = "an https endpoint such as oss-ap-southeast-1.aliyuncs.com"

    def parse(self, text: str) -> str:
        url = text if "://" in text else f"https://{text}"
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        plain = parts.scheme == "http" and host in _LOOPBACK
        bare = not (parts.username or parts.query or parts.fragment or parts.path.strip("/"))
        if not host or not bare or not (plain or parts.scheme == "https"):
            raise ValueError(self.must_be)
        return url.rstrip("/")


@dataclass(frozen=True)
class Origins:
    """Web origins with commas between, in lower case."""

    empty: tuple[str, ...] = ()
    must_be: str = "origins such as https://kyc.example, with commas"

    def parse(self, text: str) -> tuple[str, ...]:
        origins = tuple(origin.lower().rstrip("/") for origin in Names().parse(text))
        if not all(map(_ORIGIN.fullmatch, origins)):
            raise ValueError(self.must_be)
        return origins


@dataclass(frozen=True)
class KeySet:
    """A JSON Web Key Set, as its JSON."""

    empty: str = ""
    must_be: str = "a JSON Web Key Set of public keys, each with a kid of its own"

    def parse(self, text: str) -> str:
        if not _is_key_set(text):
            raise ValueError(self.must_be)
        return text


def _is_key_set(text: str) -> bool:
    try:
        keys: Any = json.loads(text)["keys"]
        names = {key["kid"] for key in keys if key["kid"] and isinstance(key["kid"], str)}
        return 0 < len(names) == len(keys) and all(
            key["kty"] in ("RSA", "EC", "OKP") and "d" not in key for key in keys
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
