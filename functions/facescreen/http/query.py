"""The query parameters of a request, with validation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.http.problems import build_invalid_parameter_error

if TYPE_CHECKING:
    from collections.abc import Mapping


class QueryParameters:
    """Query parameters with one value each. Invalid ones raise HttpError."""

    def __init__(self, parameters: Mapping[str, str] | None) -> None:
        self._parameters = dict(parameters or {})

    def reject_unknown(self, *names: str) -> None:
        """Reject parameters that are not in `names`: a filter with a typo would filter nothing."""
        unknown = sorted(set(self._parameters) - set(names))
        if unknown:
            raise build_invalid_parameter_error(f"{unknown[0][:40]!r} is not a known parameter")

    def get(self, name: str, default: str | None = None) -> str:
        """Return a parameter. Without a `default` it is required."""
        value = self._parameters.get(name, default)
        if value is None:
            raise build_invalid_parameter_error(f"{name} is missing")
        return value

    def get_text(self, name: str, max_length: int) -> str:
        """Return a string of up to `max_length` characters; empty if it is missing."""
        value = self.get(name, "")
        if len(value) > max_length:
            raise build_invalid_parameter_error(f"{name} may have at most {max_length} characters")
        return value

    def get_int(self, name: str, minimum: int, maximum: int, default: int) -> int:
        """Return a whole number from `minimum` to `maximum`."""
        text = self.get(name, str(default))
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not minimum <= int(text) <= maximum:
            raise build_invalid_parameter_error(
                f"{name} must be a whole number from {minimum} to {maximum}"
            )
        return int(text)
