"""S3's way with policies, as documented: an explicit deny wins, and what nobody allows is denied.

Only the conditions that our bucket policy uses. IAM User Guide, "Policy evaluation logic" and
"Condition operators"; a key that the request does not have makes StringNotEquals true, and
ForAnyValue false.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """One call, by a principal whom an IAM policy of the account's own allows everything."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)
    """Condition keys in lower case; lists for keys of many values."""


def allowed(policy: Mapping[str, Any], request: Request) -> bool:
    """Whether the bucket's policy lets it through."""
    return not any(
        statement["Effect"] == "Deny" and _applies(statement, request)
        for statement in policy["Statement"]
    )


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    context = {"aws:principalarn": request.principal, **request.context}
    return (
        any(fnmatchcase(request.action, action) for action in _listed(statement["Action"]))
        and any(fnmatchcase(request.resource, one) for one in _listed(statement["Resource"]))
        and all(
            _holds(operator, context.get(key.lower()), _listed(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, has: Any, wanted: list[str]) -> bool:
    if operator == "ForAnyValue:StringLike":
        return any(fnmatchcase(value, pattern) for value in has or [] for pattern in wanted)
    if operator in ("StringNotEquals", "ArnNotEquals"):
        return has not in wanted
    if operator == "Bool":
        return has is not None and str(has).lower() in wanted
    raise NotImplementedError(operator)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
