"""Evaluates what IAM's and RAM's policies have in common: wildcards and conditions.

Sources: IAM, "Condition operators"; RAM, "Policy elements"; OSS, "Authorization syntax and
elements".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AccessRequest:
    """A request to authorize. `keys` are its context keys; a list holds several values."""

    action: str
    resource: str
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)


def matches_any(value: str, patterns: str | list[str]) -> bool:
    """Whether a pattern matches: ``*`` matches any characters, ``?`` one."""
    return any(_matches(value, pattern) for pattern in as_list(patterns))


def as_list(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)


def conditions_hold(
    conditions: Mapping[str, Mapping[str, str | list[str]]],
    keys: Mapping[str, str | list[str]],
    *,
    missing_key_is_unequal: bool = True,
) -> bool:
    """Whether every condition holds for the context `keys`.

    `missing_key_is_unequal`: a negated operator holds for a missing key (IAM's documentation says
    so; RAM's doesn't say).
    """
    return all(
        _condition_holds(operator, key, as_list(expected), keys, missing_key_is_unequal)
        for operator, expected_by_key in conditions.items()
        for key, expected in expected_by_key.items()
    )


def _condition_holds(
    operator: str,
    key: str,
    expected: list[str],
    keys: Mapping[str, str | list[str]],
    missing_key_is_unequal: bool,
) -> bool:
    """Whether one of the `expected` values holds. Keys are case-insensitive."""
    context = {name.lower(): as_list(value) for name, value in keys.items()}
    values = context.get(key.lower(), [])
    is_set_operator = operator.startswith("ForAnyValue:")
    operator = operator.removeprefix("ForAnyValue:")
    if operator == "Null":
        return (not values) == (expected == ["true"])
    if operator in _NEGATED_OPERATORS:
        compare = _NEGATED_OPERATORS[operator]
        is_equal = any(compare(value, one) for value in values for one in expected)
        return not is_equal and (bool(values) or missing_key_is_unequal)
    assert is_set_operator or len(values) <= 1, "several values need a set operator"
    return any(_OPERATORS[operator](value, one) for value in values for one in expected)


def _matches(value: str, pattern: str) -> bool:
    regex = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(regex, value, re.DOTALL) is not None


def _is_equal(value: str, expected: str) -> bool:
    return value == expected


def _is_equal_ignoring_case(value: str, expected: str) -> bool:
    return value.lower() == expected.lower()


_NEGATED_OPERATORS = {
    "StringNotEquals": _is_equal,
    "StringNotLike": _matches,
    "ArnNotEquals": _matches,
}
_OPERATORS = {
    "StringEquals": _is_equal,
    "StringEqualsIgnoreCase": _is_equal_ignoring_case,
    "StringLike": _matches,
    "Bool": _is_equal_ignoring_case,
}
