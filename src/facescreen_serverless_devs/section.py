"""A mapping in s.yaml that knows its key path, so that errors can name it."""

from __future__ import annotations

import re
from collections.abc import Collection


class InvalidTemplateError(ValueError):
    """s.yaml is wrong. The message names the key path, and what is expected."""


class TemplateSection:
    """Typed access to one mapping. Every method raises InvalidTemplateError for a wrong value."""

    def __init__(self, value: object, key_path: str, allowed_keys: Collection[str]) -> None:
        """`key_path` leads to this mapping; `allowed_keys` are the keys that it may have."""
        if not isinstance(value, dict):
            raise InvalidTemplateError(
                f"{key_path}: expected a mapping, not {type(value).__name__}"
            )
        unknown = sorted(str(key) for key in value if key not in allowed_keys)
        if unknown:
            allowed = ", ".join(sorted(allowed_keys))
            raise InvalidTemplateError(
                f"{key_path}: unknown key {unknown[0]!r}; known here: {allowed}"
            )
        self._value = value
        self.key_path = key_path

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def get_section(self, key: str, allowed_keys: Collection[str]) -> TemplateSection:
        """Return a nested mapping; empty if it is missing."""
        return TemplateSection(self._value.get(key, {}), f"{self.key_path}.{key}", allowed_keys)

    def get_sections(self, key: str, allowed_keys: Collection[str]) -> list[TemplateSection]:
        """Return a list of mappings; empty if it is missing."""
        return [
            TemplateSection(item, f"{self.key_path}.{key}[{number}]", allowed_keys)
            for number, item in enumerate(self._list(key))
        ]

    def get_string(self, key: str, default: str | None = None) -> str:
        """Return a string; required unless a default is given."""
        value = self._value.get(key, default)
        if not isinstance(value, str):
            raise self._error(key, "a string", value)
        return value

    def get_choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of the strings in `choices`."""
        value = self.get_string(key)
        if value not in choices:
            raise self._error(key, "one of " + ", ".join(sorted(choices)), value)
        return value

    def get_matching_string(self, key: str, pattern: re.Pattern[str]) -> str:
        """Return a string that matches `pattern` completely."""
        value = self.get_string(key)
        if not pattern.fullmatch(value):
            raise InvalidTemplateError(
                f"{self.key_path}.{key}: {value!r} is not of the form {pattern.pattern}"
            )
        return value

    def get_boolean(self, key: str, *, default: bool | None = None) -> bool:
        """Return true or false, not a string; required unless a default is given."""
        value = self._value.get(key, default)
        if not isinstance(value, bool):
            raise self._error(key, "true or false", value)
        return value

    def get_string_list(self, key: str, choices: Collection[str]) -> tuple[str, ...]:
        """Return a list of at least one of the strings in `choices`."""
        values = self._list(key)
        if not values:
            raise self._error(key, "a list of strings", values)
        for value in values:
            if value not in choices:
                raise self._error(key, "of " + ", ".join(sorted(choices)), value)
        return tuple(str(value) for value in values)

    def get_integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return an integer; required unless a default is given. In s.yaml, ``json`` converts a
        string."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._error(key, f"a whole number from {low} to {high}", value)
        return value

    def get_string_map(self, key: str) -> dict[str, str]:
        """Return a mapping of strings to strings; empty if it is missing."""
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
