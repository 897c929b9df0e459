"""Types of settings: what a value must be, and how its string is parsed."""

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

_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_TRUE_WORDS, _FALSE_WORDS = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_ORIGIN_PATTERN = re.compile(r"https?://[a-z0-9.\-\[\]:]{1,255}")


class SettingType(Protocol[T_co]):
    """Parses the string of a setting."""

    @property
    def valid_values(self) -> str:
        """What a value must be, as the error message ``NAME must be …`` says it."""

    @property
    def empty_value(self) -> T_co:
        """The value of an optional setting that is not set."""

    def parse(self, text: str) -> T_co:
        """Parse a string that is not empty. Raises ValueError."""


@dataclass(frozen=True)
class StringType:
    """A string that matches a pattern as a whole."""

    pattern: str
    valid_values: str
    empty_value: str = ""

    def parse(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(self.valid_values)
        return text


BUCKET_NAME_TYPE = StringType(
    r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "a bucket name: 3 to 63 lower-case letters, digits or hyphens",
)
"""A name that both stores allow."""


@dataclass(frozen=True)
class NumberType:
    """A number in a range."""

    minimum: float
    maximum: float
    empty_value: float = 0

    @property
    def valid_values(self) -> str:
        return f"a number from {self.minimum:.15g} to {self.maximum:.15g}"

    def parse(self, text: str) -> float:
        value = float(text)
        # Also False for NaN.
        if not self.minimum <= value <= self.maximum:
            raise ValueError(self.valid_values)
        return value


@dataclass(frozen=True)
class IntegerType:
    """A number in a range, truncated to an integer."""

    minimum: int
    maximum: int
    empty_value: int = 0

    @property
    def valid_values(self) -> str:
        return NumberType(self.minimum, self.maximum).valid_values

    def parse(self, text: str) -> int:
        return int(NumberType(self.minimum, self.maximum).parse(text))


@dataclass(frozen=True)
class MinutesType:
    """A number of minutes in a range."""

    minimum: float
    maximum: float
    empty_value: timedelta = timedelta()

    @property
    def valid_values(self) -> str:
        return NumberType(self.minimum, self.maximum).valid_values

    def parse(self, text: str) -> timedelta:
        return timedelta(minutes=NumberType(self.minimum, self.maximum).parse(text))


@dataclass(frozen=True)
class ChoiceType(Generic[T]):
    """One of several words, case-insensitive."""

    values: Mapping[str, T]
    """The value of each word."""
    empty_value: T

    @property
    def valid_values(self) -> str:
        return f"one of: {', '.join(self.values)}"

    def parse(self, text: str) -> T:
        if text.lower() not in self.values:
            raise ValueError(self.valid_values)
        return self.values[text.lower()]


def choice_of(*names: str) -> ChoiceType[str]:
    """Create a choice whose values are the words themselves."""
    return ChoiceType({name: name for name in names}, "")


@dataclass(frozen=True)
class BooleanType:
    """True or false."""

    empty_value: bool = False
    valid_values: str = "true or false"

    def parse(self, text: str) -> bool:
        if text.lower() not in _TRUE_WORDS + _FALSE_WORDS:
            raise ValueError(self.valid_values)
        return text.lower() in _TRUE_WORDS


@dataclass(frozen=True)
class StringListType:
    """Strings separated by commas, without spaces around them."""

    empty_value: tuple[str, ...] = ()
    valid_values: str = "names separated by commas"

    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in text.split(",") if item.strip())


@dataclass(frozen=True)
class EndpointType:
    """A base URL without a trailing slash; http is only allowed on loopback."""

    empty_value: str = ""
    valid_values: str = "an https endpoint such as oss-ap-southeast-1.aliyuncs.com"

    def parse(self, text: str) -> str:
        url = text if "://" in text else f"https://{text}"
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        is_local_http = parts.scheme == "http" and host in _LOOPBACK_HOSTS
        is_base_url = not (parts.username or parts.query or parts.fragment or parts.path.strip("/"))
        if not host or not is_base_url or not (is_local_http or parts.scheme == "https"):
            raise ValueError(self.valid_values)
        return url.rstrip("/")


@dataclass(frozen=True)
class OriginListType:
    """Web origins separated by commas, converted to lower case."""

    empty_value: tuple[str, ...] = ()
    valid_values: str = "origins such as https://kyc.example, separated by commas"

    def parse(self, text: str) -> tuple[str, ...]:
        origins = tuple(origin.lower().rstrip("/") for origin in StringListType().parse(text))
        if not all(map(_ORIGIN_PATTERN.fullmatch, origins)):
            raise ValueError(self.valid_values)
        return origins


@dataclass(frozen=True)
class JwksType:
    """A JSON Web Key Set, as a JSON string."""

    empty_value: str = ""
    valid_values: str = "a JSON Web Key Set of public keys, each with a unique kid"

    def parse(self, text: str) -> str:
        if not _is_jwks(text):
            raise ValueError(self.valid_values)
        return text


def _is_jwks(text: str) -> bool:
    try:
        keys: Any = json.loads(text)["keys"]
        names = {key["kid"] for key in keys if key["kid"] and isinstance(key["kid"], str)}
        return 0 < len(names) == len(keys) and all(
            key["kty"] in ("RSA", "EC", "OKP") and "d" not in key for key in keys
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
