"""Who a bucket policy refuses, by IAM's rules ("Policy evaluation logic", "Condition operators").

For callers who are allowed everything by policies of their own: an explicit deny wins all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """`keys` are those of its context; a list has several values."""

    action: str
    resource: str
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)


def refused_by(policy: dict[str, Any], request: Request) -> set[str]:
    """Sids of the statements that deny `request`; none where it is let through."""
    return {
        statement["Sid"]
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and _any_like(request.action, statement["Action"])
        and _any_like(request.resource, statement["Resource"])
        and all(
            _holds(operator, key, _listed(expected), request)
            for operator, keys in statement["Condition"].items()
            for key, expected in keys.items()
        )
    }


def _holds(operator: str, key: str, expected: list[str], request: Request) -> bool:
    """Keys have no case; values of `expected` are alternatives."""
    context = {name.lower(): _listed(value) for name, value in request.keys.items()}
    found = context.get(key.lower(), [])
    for_any = operator.startswith("ForAnyValue:")
    operator = operator.removeprefix("ForAnyValue:")
    if operator == "Null":
        return (not found) == (expected == ["true"])
    if operator in _NEGATED:
        # Of a key that is missing too: it is not equal to anything.
        return not any(_NEGATED[operator](value, one) for value in found for one in expected)
    assert for_any or len(found) <= 1, "several values need a set operator"
    return any(_POSITIVE[operator](value, one) for value in found for one in expected)


def _like(value: str, pattern: str) -> bool:
    parts = ("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter))) for letter in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _any_like(value: str, patterns: str | list[str]) -> bool:
    return any(_like(value, pattern) for pattern in _listed(patterns))


def _same(value: str, expected: str) -> bool:
    return value == expected


def _same_without_case(value: str, expected: str) -> bool:
    return value.lower() == expected.lower()


_NEGATED = {"StringNotEquals": _same, "StringNotLike": _like, "ArnNotEquals": _like}
_POSITIVE = {"StringEqualsIgnoreCase": _same_without_case, "Bool": _same_without_case}


def _listed(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else list(one_or_more)
