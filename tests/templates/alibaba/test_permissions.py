"""Every permission of every role, in one table, and its effects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.policies import AccessRequest
from tests.templates.alibaba.conftest import ACCOUNT, LOGS, REGION, STATE, WATCHED, WATCHED_BUCKETS
from tests.templates.alibaba.ram import PolicyCaller, is_allowed, without_statement
from tests.templates.aws.stack import Stack

OBJECT_CREATED, HTTP_API = "facescreen-object-created", "facescreen-http-api"
SWEEP = "facescreen-sweep"
MESSAGES = f"acs:mns:{REGION}:{ACCOUNT}:/topics/facescreen-verdicts/messages"
DEAD_LETTERS = f"acs:mns:{REGION}:{ACCOUNT}:/queues/facescreen-dead-letters/messages"
FUNCTION = f"acs:fc:{REGION}:{ACCOUNT}:functions/facescreen-object-created"
LOGSTORE = f"acs:log:{REGION}:{ACCOUNT}:project/{LOGS}/logstore/facescreen"
STATE_OBJECTS = f"acs:oss:*:{ACCOUNT}:{STATE}"

SHARED_PERMISSIONS = {
    *(("oss:GetObject", where) for where in WATCHED),
    *(("oss:GetObjectVersion", where) for where in WATCHED),
    *(("oss:GetObjectTagging", where) for where in WATCHED),
    *(("oss:GetObjectVersionTagging", where) for where in WATCHED),
    *(("oss:PutObjectTagging", where) for where in WATCHED),
    *(("oss:PutObjectVersionTagging", where) for where in WATCHED),
    ("oss:GetObject", f"{STATE_OBJECTS}/ledger/*"),
    ("oss:PutObject", f"{STATE_OBJECTS}/ledger/*"),
    ("oss:GetObject", f"{STATE_OBJECTS}/pace/*"),
    ("oss:PutObject", f"{STATE_OBJECTS}/pace/*"),
    ("oss:GetObject", f"{STATE_OBJECTS}/calls/*"),
    ("oss:PutObject", f"{STATE_OBJECTS}/calls/*"),
    ("oss:PutObject", f"{STATE_OBJECTS}/history/*"),
    ("mns:PublishMessage", MESSAGES),
    ("antcloudauth:*", "*"),
    ("log:PostLogStoreLogs", LOGSTORE),
}
PERMISSIONS = {
    OBJECT_CREATED: SHARED_PERMISSIONS
    | {("mns:SendMessage", DEAD_LETTERS)}
    | {("oss:ListObjectVersions", where) for where in WATCHED_BUCKETS},
    HTTP_API: SHARED_PERMISSIONS
    | {("oss:GetObject", f"{STATE_OBJECTS}/history/*"), ("oss:ListObjects", STATE_OBJECTS)},
    SWEEP: {
        *(("oss:ListObjects", where) for where in WATCHED_BUCKETS),
        *(("oss:GetObjectTagging", where) for where in WATCHED),
        ("oss:ListObjects", STATE_OBJECTS),
        ("oss:GetObject", f"{STATE_OBJECTS}/sweep/*"),
        ("oss:PutObject", f"{STATE_OBJECTS}/sweep/*"),
        ("oss:GetObject", f"{STATE_OBJECTS}/calls/*"),
        ("fc:InvokeFunction", FUNCTION),
        ("fc:InvokeFunction", f"{FUNCTION}/*"),
        ("log:PostLogStoreLogs", LOGSTORE),
    },
    "facescreen-oss-trigger": {
        ("fc:InvokeFunction", FUNCTION),
        ("fc:InvokeFunction", f"{FUNCTION}/*"),
    },
}
SELFIE = f"acs:oss:oss-{REGION}:{ACCOUNT}:selfies/kyc/ann.jpg"
OTHER_PREFIX = f"acs:oss:oss-{REGION}:{ACCOUNT}:selfies/payslips/ann.pdf"
ANOTHER_BUCKET = f"acs:oss:oss-{REGION}:{ACCOUNT}:contracts/kyc/ann.jpg"


def test_roles_have_exactly_the_permissions_of_the_table(stack: Stack) -> None:
    permissions = {
        name: set(_actions_on_resources(role)) for name, role in role_policies(stack).items()
    }
    assert permissions == PERMISSIONS


def test_each_role_is_for_one_service(stack: Stack) -> None:
    trusted = {}
    for role in stack.all("ALIYUN::RAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
        trusted[role["RoleName"]] = trust["Principal"]["Service"]
    assert trusted == {
        OBJECT_CREATED: ["fc.aliyuncs.com"],
        HTTP_API: ["fc.aliyuncs.com"],
        SWEEP: ["fc.aliyuncs.com"],
        "facescreen-oss-trigger": ["oss.aliyuncs.com"],
    }


def test_no_wildcard_actions_except_for_id_verification(stack: Stack) -> None:
    actions = {
        action
        for role in role_policies(stack).values()
        for action, _ in _actions_on_resources(role)
    }
    assert {action for action in actions if "*" in action} == {"antcloudauth:*"}


@pytest.mark.parametrize("name", [OBJECT_CREATED, HTTP_API])
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("oss:GetObject", OTHER_PREFIX),
        ("oss:GetObject", ANOTHER_BUCKET),
        ("oss:PutObjectTagging", ANOTHER_BUCKET),
        ("oss:PutObject", SELFIE),
        ("oss:DeleteObject", SELFIE),
        ("oss:DeleteObjectTagging", SELFIE),
        ("oss:DeleteObject", f"acs:oss:oss-{REGION}:{ACCOUNT}:{STATE}/ledger/abc"),
        ("oss:ListObjects", f"acs:oss:oss-{REGION}:{ACCOUNT}:selfies"),
        ("mns:PublishMessage", f"acs:mns:{REGION}:{ACCOUNT}:/topics/payments/messages"),
        ("mns:SendMessage", f"acs:mns:{REGION}:{ACCOUNT}:/queues/payments/messages"),
        ("mns:ReceiveMessage", DEAD_LETTERS),
        ("fc:InvokeFunction", FUNCTION),
    ],
)
def test_a_function_has_no_access_elsewhere(
    stack: Stack, name: str, action: str, resource: str
) -> None:
    policies = role_policies(stack)[name]
    request = AccessRequest(action, resource)
    assert not is_allowed(PolicyCaller(name, policies), request)
    # With this additional statement it would be allowed.
    wider = {"Version": "1", "Statement": [_allow(action, resource)]}
    assert is_allowed(PolicyCaller(name, (*policies, wider)), request)


def test_only_history_can_be_listed(stack: Stack) -> None:
    def lists(name: str, prefix: str) -> bool:
        bucket = f"acs:oss:oss-{REGION}:{ACCOUNT}:{STATE}"
        request = AccessRequest("oss:ListObjects", bucket, {"oss:Prefix": prefix})
        return is_allowed(PolicyCaller(name, role_policies(stack)[name]), request)

    assert lists(HTTP_API, "history/")
    assert not lists(HTTP_API, "ledger/")
    assert not lists(HTTP_API, "")
    assert not lists(OBJECT_CREATED, "history/")
    assert lists(SWEEP, "sweep/")
    assert not lists(SWEEP, "ledger/")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("oss:GetObject", SELFIE),
        ("oss:PutObjectTagging", SELFIE),
        ("oss:ListObjects", f"acs:oss:oss-{REGION}:{ACCOUNT}:contracts"),
        ("oss:PutObject", f"acs:oss:oss-{REGION}:{ACCOUNT}:{STATE}/ledger/abc"),
        ("oss:PutObject", f"acs:oss:oss-{REGION}:{ACCOUNT}:{STATE}/calls/2026-11-23/01"),
        ("fc:InvokeFunction", f"acs:fc:{REGION}:{ACCOUNT}:functions/facescreen-http-api"),
        ("antcloudauth:DeepfakeDetectIntlStream", "*"),
    ],
)
def test_the_sweep_can_not_read_objects_or_make_calls(
    stack: Stack, action: str, resource: str
) -> None:
    policies = role_policies(stack)[SWEEP]
    request = AccessRequest(action, resource)
    assert not is_allowed(PolicyCaller(SWEEP, policies), request)
    wider = {"Version": "1", "Statement": [_allow(action, resource)]}
    assert is_allowed(PolicyCaller(SWEEP, (*policies, wider)), request)


@pytest.mark.parametrize("missing_key_is_unequal", [True, False])
@pytest.mark.parametrize("tags", [{}, {"verdict": "high_risk"}, {"verdict": "suspicious"}])
def test_the_low_risk_policy_allows_nothing_else(
    stack: Stack, tags: dict[str, str], missing_key_is_unequal: bool
) -> None:
    policy = stack.properties("ReadLowRisk")["PolicyDocument"]

    def reads(document: dict[str, Any], tags: dict[str, str]) -> bool:
        keys = {f"oss:ExistingObjectTag/deepfake-{name}": value for name, value in tags.items()}
        request = AccessRequest("oss:GetObject", SELFIE, keys)
        return is_allowed(
            PolicyCaller("2000", (document,)),
            request,
            missing_key_is_unequal=missing_key_is_unequal,
        )

    assert not reads(policy, tags)
    assert reads(policy, {"verdict": "low_risk"})
    assert not reads(without_statement(policy, 0), {"verdict": "low_risk"})
    unconditional = {**policy["Statement"][0], "Condition": {}}
    assert reads({**policy, "Statement": [unconditional]}, tags)


def role_policies(stack: Stack) -> dict[str, tuple[dict[str, Any], ...]]:
    """Return the policies of each role."""
    policies_by_role = {
        role["RoleName"]: [policy["PolicyDocument"] for policy in role["Policies"]]
        for role in stack.all("ALIYUN::RAM::Role").values()
    }
    for policy in stack.all("ALIYUN::RAM::ManagedPolicy").values():
        for name in policy.get("Roles", ()):
            policies_by_role[name].append(policy["PolicyDocument"])
    return {name: tuple(policies) for name, policies in policies_by_role.items()}


def _allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [resource]}


def _actions_on_resources(policies: tuple[dict[str, Any], ...]) -> Iterator[tuple[str, str]]:
    for policy in policies:
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in statement["Action"]:
                for resource in statement["Resource"]:
                    yield action, resource
