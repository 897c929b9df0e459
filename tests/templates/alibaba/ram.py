"""Evaluate policies by the rules of RAM ("Policy evaluation") and OSS ("Bucket policies").

An explicit deny in any policy comes first, then an allow in any policy. Otherwise access is denied.
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
    """A caller and their own policies."""

    principal: str
    """As in a bucket policy: a UID, or ``arn:sts::…:assumed-role/NAME/SESSION``."""
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
    """Return `policy` without one statement."""
    statements = [one for at, one in enumerate(policy["Statement"]) if at != number]
    return {**policy, "Statement": statements}


def _statements(caller: PolicyCaller, bucket_policy: Policy) -> Iterator[dict[str, Any]]:
    for policy in caller.policies:
        yield from policy["Statement"]
    for statement in bucket_policy["Statement"]:
        # An empty list means everyone. Without a condition, everyone does not include the owner.
        principals = statement["Principal"] or ["*"]
        but_the_owner = principals == ["*"] and not statement.get("Condition")
        if matches_any(caller.principal, principals) and not (caller.owner and but_the_owner):
            yield statement
