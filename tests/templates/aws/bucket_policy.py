"""Who a bucket policy refuses, by IAM's rules ("Policy evaluation logic").

For callers who are allowed everything by policies of their own: an explicit deny wins all the same.
"""

from __future__ import annotations

from typing import Any

from tests.support.policies import Request, any_like, conditions_hold


def refused_by(policy: dict[str, Any], request: Request) -> set[str]:
    """Sids of the statements that deny `request`; none where it is let through."""
    return {
        statement["Sid"]
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and any_like(request.action, statement["Action"])
        and any_like(request.resource, statement["Resource"])
        and conditions_hold(statement["Condition"], request.keys)
    }
