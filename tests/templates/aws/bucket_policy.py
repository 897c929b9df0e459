"""Evaluate a bucket policy by IAM's rules ("Policy evaluation logic").

Callers are assumed to have full access by their own policies, so only explicit denies matter.
"""

from __future__ import annotations

from typing import Any

from tests.support.policies import AccessRequest, conditions_hold, matches_any


def denying_sids(policy: dict[str, Any], request: AccessRequest) -> set[str]:
    """Return the Sids of the statements that deny `request`, or an empty set if it is allowed."""
    return {
        statement["Sid"]
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and matches_any(request.action, statement["Action"])
        and matches_any(request.resource, statement["Resource"])
        and conditions_hold(statement["Condition"], request.keys)
    }
