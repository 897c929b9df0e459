"""Typed access to JSON from outside. Errors name the path of the wrong value in the event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facescreen.errors import InvalidEventError

# S3's limit for a key in UTF-8 bytes (OSS's is 1,023), and both stores' limit for bucket names,
# including the legacy names of us-east-1.
_MAX_KEY_BYTES = 1024
_BUCKET_NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
# URL parsers remove these segments, percent-encoded or not.
_DOT_KEYS = {".", ".."}
# A key of 1,024 bytes, each of them percent-encoded. No field is longer.
_MAX_STRING_CHARS = 3 * _MAX_KEY_BYTES
MAX_NAME_CHARS = 128
"""Limit for a name that an error message repeats."""


def parse_json(text: str, name: str) -> Any:
    """Parse `text` as JSON. Raises InvalidEventError; `name` says in the message what it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidEventError(f"{name} is not valid JSON") from None


def require_list(value: Any, name: str) -> list[Any]:
    """Return `value` if it is a list. Raises InvalidEventError."""
    if not isinstance(value, list):
        raise InvalidEventError(f"the event's {name} must be a list, not {type(value).__name__}")
    return value


def require_object_key(key: str, name: str) -> str:
    """Return `key` if it is a valid object key. Raises InvalidEventError."""
    size = len(key.encode())
    if not 0 < size <= _MAX_KEY_BYTES:
        raise InvalidEventError(
            f"the event's {name} has {size} bytes; a key has 1 to {_MAX_KEY_BYTES}"
        )
    if key in _DOT_KEYS:
        raise InvalidEventError(
            f"the event's {name} is {key}: HTTP clients take that for the bucket, so the object "
            "can't be screened"
        )
    return key


@dataclass(frozen=True)
class JsonObject:
    """A JSON object and its path in the event. The getters raise InvalidEventError."""

    values: Mapping[str, Any]
    path: str

    @classmethod
    def from_value(cls, value: Any, path: str) -> JsonObject:
        """Wrap `value`. Raises InvalidEventError if it is not a JSON object."""
        if not isinstance(value, Mapping):
            raise InvalidEventError(
                f"the event's {path} must be an object, not {type(value).__name__}"
            )
        return cls(value, path)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get_object(self, key: str) -> JsonObject:
        """Return the JSON object under `key`."""
        return JsonObject.from_value(self.values.get(key), self._build_path(key))

    def get_string(self, key: str, max_chars: int = _MAX_STRING_CHARS) -> str:
        """Return a non-empty string of at most `max_chars` characters."""
        value = self.get_optional_string(key, max_chars)
        if not value:
            raise InvalidEventError(
                f"the event's {self._build_path(key)} must be a string that is not empty"
            )
        return value

    def get_optional_string(self, key: str, max_chars: int = _MAX_STRING_CHARS) -> str:
        """Return a string; empty if the value is missing or null."""
        value = self.values.get(key)
        if value is None:
            return ""
        path = self._build_path(key)
        if not isinstance(value, str):
            raise InvalidEventError(
                f"the event's {path} must be a string, not {type(value).__name__}"
            )
        if len(value) > max_chars:
            raise InvalidEventError(
                f"the event's {path} has {len(value)} characters, over {max_chars}"
            )
        try:
            value.encode()
        except UnicodeEncodeError:
            # JSON can escape half of a surrogate pair, which no later request could encode.
            raise InvalidEventError(f"the event's {path} is not valid Unicode") from None
        return value

    def get_bucket_name(self, key: str) -> str:
        """Return a valid bucket name: it becomes part of a host name."""
        name = self.get_string(key)
        if not _BUCKET_NAME_PATTERN.fullmatch(name):
            raise InvalidEventError(f"the event's {self._build_path(key)} is not a bucket name")
        return name

    def get_optional_size(self, key: str) -> int | None:
        """Return a size in bytes; None if the event does not contain it."""
        value = self.values.get(key)
        if value is not None and (type(value) is not int or value < 0):
            raise InvalidEventError(
                f"the event's {self._build_path(key)} must be a whole number, not negative"
            )
        return value

    def _build_path(self, key: str) -> str:
        return f"{self.path}.{key}"
