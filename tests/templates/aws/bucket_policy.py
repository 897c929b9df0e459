"""Who a bucket policy refuses, by IAM's rules ("Policy evaluation logic").

For callers who are allowed everything by policies of their own: an explicit deny wins all the same.
"""

from __future__ import annotations

from typing import Any

from tests.support.policies import AccessRequest, conditions_hold, matches_any


def denying_sids(policy: dict[str, Any], request: AccessRequest) -> set[str]:
    """Sids of the statements that deny `request`; none where it is let through."""
    return {
        statement["Sid"]
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and matches_any(request.action, statement["Action"])
        and matches_any(request.resource, statement["Resource"])
        and conditions_hold(statement["Condition"], request.keys)
    }
