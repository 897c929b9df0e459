"""What IAM's policies and RAM's have in common: wildcards and conditions.

"Condition operators" of IAM; "Policy elements" of RAM, "Authorization syntax and elements" of OSS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AccessRequest:
    """`keys` are those of its context; a list has several values."""

    action: str
    resource: str
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)


def matches_any(value: str, patterns: str | list[str]) -> bool:
    """``*`` stands for any letters, ``?`` for one."""
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
        for operator, of_keys in conditions.items()
        for key, expected in of_keys.items()
    )


def _condition_holds(
    operator: str,
    key: str,
    expected: list[str],
    keys: Mapping[str, str | list[str]],
    missing_key_is_unequal: bool,
) -> bool:
    """Keys have no case; values of `expected` are alternatives."""
    context = {name.lower(): as_list(value) for name, value in keys.items()}
    found = context.get(key.lower(), [])
    for_any = operator.startswith("ForAnyValue:")
    operator = operator.removeprefix("ForAnyValue:")
    if operator == "Null":
        return (not found) == (expected == ["true"])
    if operator in _NEGATED_OPERATORS:
        same = any(_NEGATED_OPERATORS[operator](value, one) for value in found for one in expected)
        return not same and (bool(found) or missing_key_is_unequal)
    assert for_any or len(found) <= 1, "several values need a set operator"
    return any(_OPERATORS[operator](value, one) for value in found for one in expected)


def _matches(value: str, pattern: str) -> bool:
    parts = ("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter))) for letter in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


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
