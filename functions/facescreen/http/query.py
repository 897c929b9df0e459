"""The query parameters of a request, read and checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.http.problems import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping


class Query:
    """Each parameter has one value. What is wrong raises HttpError."""

    def __init__(self, parameters: Mapping[str, str] | None) -> None:
        self._parameters = dict(parameters or {})

    def allow_only(self, *names: str) -> None:
        """Refuse any other parameter: a misspelt filter filters nothing."""
        unknown = sorted(set(self._parameters) - set(names))
        if unknown:
            raise invalid_parameter(f"{unknown[0][:40]!r} is not a parameter here")

    def get(self, name: str, default: str | None = None) -> str:
        """One parameter, which may be missing only if there is a default."""
        value = self._parameters.get(name, default)
        if value is None:
            raise invalid_parameter(f"{name} is missing")
        return value

    def text(self, name: str, max_length: int) -> str:
        """A string of up to `max_length` characters; empty where it is missing."""
        value = self.get(name, "")
        if len(value) > max_length:
            raise invalid_parameter(f"{name} may have at most {max_length} characters")
        return value

    def number(self, name: str, minimum: int, maximum: int, default: int) -> int:
        """A whole number."""
        text = self.get(name, str(default))
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not minimum <= int(text) <= maximum:
            raise invalid_parameter(f"{name} must be a whole number from {minimum} to {maximum}")
        return int(text)
