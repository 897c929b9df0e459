"""A mapping in s.yaml that knows its key path, so that errors can name it."""

from __future__ import annotations

import re
from collections.abc import Collection


class InvalidTemplateError(ValueError):
    """s.yaml is wrong. The message names the key path, and what is expected."""


class Section:
    """Typed access to one mapping. Every method raises InvalidTemplateError for a wrong value."""

    def __init__(self, value: object, key_path: str, known: Collection[str]) -> None:
        """`key_path` leads to this mapping; `known` are the keys that it may have."""
        if not isinstance(value, dict):
            raise InvalidTemplateError(
                f"{key_path}: expected a mapping, not {type(value).__name__}"
            )
        unknown = sorted(str(key) for key in value if key not in known)
        if unknown:
            raise InvalidTemplateError(
                f"{key_path}: unknown key {unknown[0]!r}; known here: {', '.join(sorted(known))}"
            )
        self._value = value
        self.key_path = key_path

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def section(self, key: str, known: Collection[str]) -> Section:
        """A nested mapping; empty if it is missing."""
        return Section(self._value.get(key, {}), f"{self.key_path}.{key}", known)

    def sections(self, key: str, known: Collection[str]) -> list[Section]:
        """A list of mappings; empty if it is missing."""
        return [
            Section(item, f"{self.key_path}.{key}[{number}]", known)
            for number, item in enumerate(self._list(key))
        ]

    def string(self, key: str, default: str | None = None) -> str:
        """A string; required unless a default is given."""
        value = self._value.get(key, default)
        if not isinstance(value, str):
            raise self._error(key, "a string", value)
        return value

    def one_of(self, key: str, choices: Collection[str]) -> str:
        """One of the strings in `choices`."""
        value = self.string(key)
        if value not in choices:
            raise self._error(key, "one of " + ", ".join(sorted(choices)), value)
        return value

    def matching_string(self, key: str, pattern: re.Pattern[str]) -> str:
        """A string that matches `pattern` completely."""
        value = self.string(key)
        if not pattern.fullmatch(value):
            raise InvalidTemplateError(
                f"{self.key_path}.{key}: {value!r} is not of the form {pattern.pattern}"
            )
        return value

    def boolean(self, key: str, *, default: bool | None = None) -> bool:
        """True or false, not a string; required unless a default is given."""
        value = self._value.get(key, default)
        if not isinstance(value, bool):
            raise self._error(key, "true or false", value)
        return value

    def string_list(self, key: str, choices: Collection[str]) -> tuple[str, ...]:
        """A list of at least one of the strings in `choices`."""
        values = self._list(key)
        if not values:
            raise self._error(key, "a list of strings", values)
        for value in values:
            if value not in choices:
                raise self._error(key, "of " + ", ".join(sorted(choices)), value)
        return tuple(str(value) for value in values)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """An integer; required unless a default is given. In s.yaml, ``json`` converts a string."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._error(key, f"a whole number from {low} to {high}", value)
        return value

    def string_map(self, key: str) -> dict[str, str]:
        """A mapping of strings to strings; empty if it is missing."""
        value = self._value.get(key, {})
        if not isinstance(value, dict):
            raise self._error(key, "a mapping", value)
        for name, text in value.items():
            if not isinstance(name, str) or not isinstance(text, str):
                raise InvalidTemplateError(
                    f"{self.key_path}.{key}.{name}: expected a string (put it in quotes)"
                )
        return dict(value)

    def _list(self, key: str) -> list[object]:
        value = self._value.get(key, [])
        if not isinstance(value, list):
            raise self._error(key, "a list", value)
        return value

    def _error(self, key: str, expected: str, value: object) -> InvalidTemplateError:
        shown_value = "nothing" if value is None else repr(value)[:80]
        return InvalidTemplateError(
            f"{self.key_path}.{key}: expected {expected}, found {shown_value}"
        )
