"""Who may do what, by RAM's rules and OSS's (RAM, "Policy evaluation"; OSS, "Bucket policies").

An explicit deny of any policy wins, then an allow of any; else it is denied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.policies import AccessRequest, conditions_hold, matches_any

Policy = dict[str, Any]
NO_POLICY: Policy = {"Version": "1", "Statement": []}


@dataclass(frozen=True)
class PolicyCaller:
    """Somebody with policies of their own."""

    principal: str
    """As a bucket's policy names it: a UID, or ``arn:sts::…:assumed-role/NAME/SESSION``."""
    policies: tuple[Policy, ...] = ()
    access_key_id: str = "LTAI5tExample"
    owner: bool = False


def is_allowed(
    caller: PolicyCaller,
    request: AccessRequest,
    bucket_policy: Policy = NO_POLICY,
    *,
    missing_key_is_unequal: bool = True,
) -> bool:
    """`missing_key_is_unequal`: see tests.support.policies.conditions_hold."""
    keys = {"acs:AccessId": caller.access_key_id, "acs:SecureTransport": "true", **request.keys}
    effects = {
        statement["Effect"]
        for statement in _statements(caller, bucket_policy)
        if matches_any(request.action, statement["Action"])
        and matches_any(request.resource, statement["Resource"])
        and conditions_hold(
            statement.get("Condition", {}), keys, missing_key_is_unequal=missing_key_is_unequal
        )
    }
    return "Deny" not in effects and ("Allow" in effects or caller.owner)


def without_statement(policy: Policy, number: int) -> Policy:
    """`policy`, one statement short."""
    statements = [one for at, one in enumerate(policy["Statement"]) if at != number]
    return {**policy, "Statement": statements}


def _statements(caller: PolicyCaller, bucket_policy: Policy) -> Iterator[dict[str, Any]]:
    for policy in caller.policies:
        yield from policy["Statement"]
    for statement in bucket_policy["Statement"]:
        # An empty list is everybody; and everybody, without a condition, is not the owner.
        principals = statement["Principal"] or ["*"]
        but_the_owner = principals == ["*"] and not statement.get("Condition")
        if matches_any(caller.principal, principals) and not (caller.owner and but_the_owner):
            yield statement
