"""What IAM's policies and RAM's have in common: wildcards and conditions.

"Condition operators" of IAM; "Policy elements" of RAM, "Authorization syntax and elements" of OSS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """`keys` are those of its context; a list has several values."""

    action: str
    resource: str
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)


def any_like(value: str, patterns: str | list[str]) -> bool:
    """``*`` stands for any letters, ``?`` for one."""
    return any(_like(value, pattern) for pattern in listed(patterns))


def listed(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)


def conditions_hold(
    conditions: Mapping[str, Mapping[str, str | list[str]]],
    keys: Mapping[str, str | list[str]],
    *,
    missing_differs: bool = True,
) -> bool:
    """`missing_differs`: a key that is missing is not equal to anything, as a negated operator
    reads it (IAM says so, RAM nothing)."""
    return all(
        _holds(operator, key, listed(expected), keys, missing_differs)
        for operator, of_keys in conditions.items()
        for key, expected in of_keys.items()
    )


def _holds(
    operator: str,
    key: str,
    expected: list[str],
    keys: Mapping[str, str | list[str]],
    missing_differs: bool,
) -> bool:
    """Keys have no case; values of `expected` are alternatives."""
    context = {name.lower(): listed(value) for name, value in keys.items()}
    found = context.get(key.lower(), [])
    for_any = operator.startswith("ForAnyValue:")
    operator = operator.removeprefix("ForAnyValue:")
    if operator == "Null":
        return (not found) == (expected == ["true"])
    if operator in _NEGATED:
        same = any(_NEGATED[operator](value, one) for value in found for one in expected)
        return not same and (bool(found) or missing_differs)
    assert for_any or len(found) <= 1, "several values need a set operator"
    return any(_POSITIVE[operator](value, one) for value in found for one in expected)


def _like(value: str, pattern: str) -> bool:
    parts = ("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter))) for letter in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _same(value: str, expected: str) -> bool:
    return value == expected


def _same_without_case(value: str, expected: str) -> bool:
    return value.lower() == expected.lower()


_NEGATED = {"StringNotEquals": _same, "StringNotLike": _like, "ArnNotEquals": _like}
_POSITIVE = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_without_case,
    "StringLike": _like,
    "Bool": _same_without_case,
}
