"""EventBridge's event patterns: which events a rule matches.

Supports the documented operators on strings: a value itself, ``{"prefix": …}``, ``{"suffix": …}``
and ``{"anything-but": …}``. Every field must match one of its alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SUPPORTED_OPERATORS = ("prefix", "suffix", "anything-but")


@dataclass(frozen=True)
class EventPattern:
    """A rule's pattern. Raises ValueError if it can't be read."""

    fields: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("the pattern is empty: it would match every event")
        _check_fields(self.fields)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether a CloudEvent matches."""
        return _all_fields_match(self.fields, event)


def _check_fields(fields: object) -> None:
    if not isinstance(fields, dict):
        raise ValueError("a pattern is a mapping of fields")
    for name, alternatives in fields.items():
        if isinstance(alternatives, dict):
            _check_fields(alternatives)
        elif (
            not isinstance(alternatives, list)
            or not alternatives
            or not all(map(_is_supported, alternatives))
        ):
            raise ValueError(
                f"{name}: expected a list of strings and of {', '.join(_SUPPORTED_OPERATORS)}"
            )


def _is_supported(alternative: object) -> bool:
    if isinstance(alternative, dict) and len(alternative) == 1:
        [(operator, operand)] = alternative.items()
        return operator in _SUPPORTED_OPERATORS and isinstance(operand, str)
    return isinstance(alternative, str)


def _all_fields_match(fields: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    return all(
        _field_matches(alternatives, event.get(name)) for name, alternatives in fields.items()
    )


def _field_matches(alternatives: Any, value: Any) -> bool:
    if isinstance(alternatives, dict):
        return isinstance(value, dict) and _all_fields_match(alternatives, value)
    return isinstance(value, str) and any(
        _alternative_matches(alternative, value) for alternative in alternatives
    )


def _alternative_matches(alternative: str | Mapping[str, str], value: str) -> bool:
    if isinstance(alternative, str):
        return value == alternative
    [(operator, operand)] = alternative.items()
    if operator == "anything-but":
        return value != operand
    return value.startswith(operand) if operator == "prefix" else value.endswith(operand)
