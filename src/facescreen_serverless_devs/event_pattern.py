"""EventBridge's event patterns: which events a rule lets through.

Of the documented operators, those on texts: a value itself, ``{"prefix": …}``, ``{"suffix": …}``
and ``{"anything-but": …}``. All fields must match, each by one of its alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_OPERATORS = ("prefix", "suffix", "anything-but")


@dataclass(frozen=True)
class EventPattern:
    """A rule's pattern. Raises ValueError for one that can't be read."""

    fields: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("the pattern is empty: it would let every event through")
        _check(self.fields)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether a CloudEvent passes."""
        return _all_match(self.fields, event)


def _check(fields: object) -> None:
    if not isinstance(fields, dict):
        raise ValueError("a pattern is a mapping of fields")
    for name, wanted in fields.items():
        if isinstance(wanted, dict):
            _check(wanted)
        elif not isinstance(wanted, list) or not wanted or not all(map(_is_known, wanted)):
            raise ValueError(f"{name}: expected a list of texts and of {', '.join(_OPERATORS)}")


def _is_known(alternative: object) -> bool:
    if isinstance(alternative, dict) and len(alternative) == 1:
        [(operator, operand)] = alternative.items()
        return operator in _OPERATORS and isinstance(operand, str)
    return isinstance(alternative, str)


def _all_match(fields: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    return all(_matches(wanted, event.get(name)) for name, wanted in fields.items())


def _matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and _all_match(wanted, value)
    return isinstance(value, str) and any(_accepts(alternative, value) for alternative in wanted)


def _accepts(alternative: str | Mapping[str, str], value: str) -> bool:
    if isinstance(alternative, str):
        return value == alternative
    [(operator, operand)] = alternative.items()
    if operator == "anything-but":
        return value != operand
    return value.startswith(operand) if operator == "prefix" else value.endswith(operand)
