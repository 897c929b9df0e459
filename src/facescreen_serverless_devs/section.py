"""A mapping of s.yaml that knows where it stands, so that errors name the place."""

from __future__ import annotations

import re
from collections.abc import Collection


class InvalidTemplateError(ValueError):
    """s.yaml is wrong: the text names the place, and what may stand there."""


class Section:
    """Typed access to one mapping; every method raises InvalidTemplateError on a wrong value."""

    def __init__(self, value: object, place: str, known: Collection[str]) -> None:
        """`place` is the path of keys that leads here; `known` are the keys that may be in it."""
        if not isinstance(value, dict):
            raise InvalidTemplateError(f"{place}: expected a mapping, not {type(value).__name__}")
        unknown = sorted(str(key) for key in value if key not in known)
        if unknown:
            raise InvalidTemplateError(
                f"{place}: unknown key {unknown[0]!r}; known here: {', '.join(sorted(known))}"
            )
        self._value = value
        self.place = place

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def section(self, key: str, known: Collection[str]) -> Section:
        """A mapping inside this one; an absent one is empty."""
        return Section(self._value.get(key, {}), f"{self.place}.{key}", known)

    def items(self, key: str, known: Collection[str]) -> list[Section]:
        """A list of mappings; an absent one is empty."""
        return [
            Section(item, f"{self.place}.{key}[{number}]", known)
            for number, item in enumerate(self._list(key))
        ]

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required unless a default is given."""
        value = self._value.get(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "a text", value)
        return value

    def one_of(self, key: str, choices: Collection[str]) -> str:
        """A text out of `choices`."""
        value = self.text(key)
        if value not in choices:
            raise self._wrong(key, "one of " + ", ".join(sorted(choices)), value)
        return value

    def matching(self, key: str, form: re.Pattern[str]) -> str:
        """A text, the whole of which is of a form."""
        value = self.text(key)
        if not form.fullmatch(value):
            raise InvalidTemplateError(
                f"{self.place}.{key}: {value!r} is not of the form {form.pattern}"
            )
        return value

    def switch(self, key: str, *, default: bool | None = None) -> bool:
        """True or false, not a text; required unless a default is given."""
        value = self._value.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def texts(self, key: str, choices: Collection[str]) -> tuple[str, ...]:
        """A list of texts out of `choices`, at least one."""
        values = self._list(key)
        if not values:
            raise self._wrong(key, "a list of texts", values)
        for value in values:
            if value not in choices:
                raise self._wrong(key, "of " + ", ".join(sorted(choices)), value)
        return tuple(str(value) for value in values)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number, required unless with a default: of a text, ``json`` makes one."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(key, f"a whole number from {low} to {high}", value)
        return value

    def strings(self, key: str) -> dict[str, str]:
        """A mapping of texts to texts; an absent one is empty."""
        value = self._value.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "a mapping", value)
        for name, text in value.items():
            if not isinstance(name, str) or not isinstance(text, str):
                raise InvalidTemplateError(
                    f"{self.place}.{key}.{name}: expected a text (put it in quotes)"
                )
        return dict(value)

    def _list(self, key: str) -> list[object]:
        value = self._value.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return value

    def _wrong(self, key: str, expected: str, value: object) -> InvalidTemplateError:
        found = "nothing" if value is None else repr(value)[:80]
        return InvalidTemplateError(f"{self.place}.{key}: expected {expected}, found {found}")
