"""Typed reads of JSON from elsewhere. What is wrong is named by its place in the event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facescreen.errors import InvalidEventError

# S3's limit for a key in UTF-8 bytes (OSS's is 1,023), and both stores' for bucket names, the
# legacy ones of us-east-1 included.
_LONGEST_KEY = 1024
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
# A key of 1,024 bytes, each of them percent-encoded, and no field is longer.
_LONGEST_TEXT = 3 * _LONGEST_KEY
LONGEST_NAME = 128
"""Characters of a name that an error repeats."""


def parsed(text: str, name: str) -> Any:
    """`text` as JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidEventError(f"{name} is not valid JSON") from None


def listed(value: Any, name: str) -> list[Any]:
    """`value` if it is a list."""
    if not isinstance(value, list):
        raise InvalidEventError(f"the event's {name} must be a list, not {type(value).__name__}")
    return value


def object_key(text: str, name: str) -> str:
    """`text` if an object can bear it as its key."""
    size = len(text.encode())
    if not 0 < size <= _LONGEST_KEY:
        raise InvalidEventError(
            f"the event's {name} has {size} bytes; a key has 1 to {_LONGEST_KEY}"
        )
    return text


@dataclass(frozen=True)
class Fields:
    """A JSON object, and its place in the event."""

    values: Mapping[str, Any]
    name: str

    @classmethod
    def of(cls, value: Any, name: str) -> Fields:
        """Raises InvalidEventError where `value` is no JSON object."""
        if not isinstance(value, Mapping):
            raise InvalidEventError(
                f"the event's {name} must be an object, not {type(value).__name__}"
            )
        return cls(value, name)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def section(self, key: str) -> Fields:
        """A JSON object in this one."""
        return Fields.of(self.values.get(key), self._place(key))

    def text(self, key: str, longest: int = _LONGEST_TEXT) -> str:
        """A text that is not empty, of up to `longest` characters."""
        value = self.optional_text(key, longest)
        if not value:
            raise InvalidEventError(
                f"the event's {self._place(key)} must be a text that is not empty"
            )
        return value

    def optional_text(self, key: str, longest: int = _LONGEST_TEXT) -> str:
        """A text; empty where there is none, or null."""
        value = self.values.get(key)
        if value is None:
            return ""
        place = self._place(key)
        if not isinstance(value, str):
            raise InvalidEventError(
                f"the event's {place} must be a text, not {type(value).__name__}"
            )
        if len(value) > longest:
            raise InvalidEventError(
                f"the event's {place} has {len(value)} characters, over {longest}"
            )
        try:
            value.encode()
        except UnicodeEncodeError:
            # JSON can escape half of a surrogate pair, which no later request could encode.
            raise InvalidEventError(f"the event's {place} is not valid Unicode") from None
        return value

    def bucket(self, key: str) -> str:
        """A bucket's name: it becomes part of a host name."""
        name = self.text(key)
        if not _BUCKET.fullmatch(name):
            raise InvalidEventError(f"the event's {self._place(key)} is no bucket's name")
        return name

    def size(self, key: str) -> int | None:
        """Bytes; None where the event does not say."""
        value = self.values.get(key)
        if value is not None and (type(value) is not int or value < 0):
            raise InvalidEventError(
                f"the event's {self._place(key)} must be a whole number, not negative"
            )
        return value

    def _place(self, key: str) -> str:
        return f"{self.name}.{key}"
