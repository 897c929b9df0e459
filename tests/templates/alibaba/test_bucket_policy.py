"""Who may read objects and write verdicts. Each denial is tested with and without its statement."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from facescreen.errors import InvalidSettingsError
from facescreen.tags import build_verdict_tag_keys
from facescreen_cli.commands.doctor.bucket_policy import PolicyInputs
from tests.support.policies import AccessRequest
from tests.templates.alibaba.conftest import ACCOUNT, REGION, REPOSITORY
from tests.templates.alibaba.ram import Policy, PolicyCaller, is_allowed, without_statement
from tests.templates.alibaba.test_permissions import role_policies
from tests.templates.aws.stack import Stack

SETTINGS = {
    "ALIBABA_CLOUD_ACCOUNT_ID": ACCOUNT,
    "OSS_PREFIX": "kyc/",
    "HELD_ROLES": "onboarding",
    "REVIEWERS": "LTAI5tReviewer",
}
SELFIE = f"acs:oss:oss-{REGION}:{ACCOUNT}:selfies/kyc/ann.jpg"
ELSEWHERE = f"acs:oss:oss-{REGION}:{ACCOUNT}:selfies/terms.pdf"
READS = ("oss:GetObject", "oss:GetObjectVersion")
TAGGINGS = ("oss:PutObjectTagging", "oss:PutObjectVersionTagging")
DELETES = ("oss:DeleteObjectTagging", "oss:DeleteObjectVersionTagging")
KEYS = sorted(build_verdict_tag_keys("deepfake-"))
FLAGGED = ("high_risk", "suspicious", "unscreenable", "failed")

EVERYTHING: Policy = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": ["oss:*"], "Resource": ["*"]}],
}
SOMEBODY = PolicyCaller("2000", (EVERYTHING,))
REVIEWER = PolicyCaller("3000", (EVERYTHING,), "LTAI5tReviewer")
ROOT = PolicyCaller(ACCOUNT, (), "LTAI5tRoot", owner=True)
ROLE = PolicyCaller(
    f"arn:sts::{ACCOUNT}:assumed-role/onboarding/app-1", (EVERYTHING,), "STS.NTexample"
)
RESTRICTED = (SOMEBODY, ROLE, ROOT)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return PolicyInputs.from_env("selfies", SETTINGS).build_policy()


@pytest.fixture(scope="module")
def functions(stack: Stack) -> tuple[PolicyCaller, ...]:
    """The functions as callers, with only their roles' policies."""
    return tuple(
        PolicyCaller(
            f"arn:sts::{ACCOUNT}:assumed-role/{name}/fc",
            role_policies(stack)[name],
            "STS.NTfunction",
        )
        for name in ("facescreen-object-created", "facescreen-http-api")
    )


def read_request(action: str = "oss:GetObject", **tags: str) -> AccessRequest:
    return AccessRequest(action, SELFIE, _tag_conditions("ExistingObjectTag", tags))


def tag_request(action: str, *keys: str) -> AccessRequest:
    return AccessRequest(
        action, SELFIE, _tag_conditions("RequestObjectTag", dict.fromkeys(keys, "low_risk"))
    )


def _tag_conditions(kind: str, tags: dict[str, str]) -> dict[str, Any]:
    return {f"oss:{kind}/{key.replace('_', '-')}": value for key, value in tags.items()}


@pytest.mark.parametrize("who", RESTRICTED)
@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize("verdict", FLAGGED)
def test_flagged_objects_can_not_be_read(
    policy: Policy, who: PolicyCaller, action: str, verdict: str
) -> None:
    for missing_key_is_unequal in (True, False):
        flagged = read_request(action, deepfake_verdict=verdict)
        assert not is_allowed(who, flagged, policy, missing_key_is_unequal=missing_key_is_unequal)
    assert is_allowed(who, read_request(action, deepfake_verdict="low_risk"), policy)
    assert is_allowed(who, flagged, _without_read_denials(policy))


@pytest.mark.parametrize("who", RESTRICTED)
def test_objects_without_a_verdict_can_not_be_read(policy: Policy, who: PolicyCaller) -> None:
    """If OSS treats a missing tag as different, as the policy assumes."""
    assert not is_allowed(who, read_request(), policy)
    assert is_allowed(who, read_request(), _without_read_denials(policy))


def test_the_functions_and_reviewers_read_everything(
    policy: Policy, functions: tuple[PolicyCaller, ...]
) -> None:
    for who in (*functions, REVIEWER):
        assert is_allowed(who, read_request(), policy)
        assert is_allowed(who, read_request(deepfake_verdict="high_risk"), policy)
    # They are recognized by their AccessKeys.
    for who in (functions[0], REVIEWER):
        assert not is_allowed(replace(who, access_key_id="LTAI5tOther"), read_request(), policy)


def test_a_role_that_is_not_listed_is_not_restricted(policy: Policy) -> None:
    other = replace(ROLE, principal=f"arn:sts::{ACCOUNT}:assumed-role/analytics/1")
    assert is_allowed(other, read_request(deepfake_verdict="high_risk"), policy)
    stricter_policy = PolicyInputs.from_env(
        "selfies", {**SETTINGS, "HELD_ROLES": "onboarding, analytics"}
    ).build_policy()
    assert not is_allowed(other, read_request(deepfake_verdict="high_risk"), stricter_policy)


def test_objects_outside_the_prefix_can_be_read(policy: Policy) -> None:
    assert is_allowed(SOMEBODY, AccessRequest("oss:GetObject", ELSEWHERE), policy)


@pytest.mark.parametrize("who", [*RESTRICTED, REVIEWER])
@pytest.mark.parametrize("key", KEYS)
def test_only_the_functions_write_verdicts(
    policy: Policy, functions: tuple[PolicyCaller, ...], who: PolicyCaller, key: str
) -> None:
    for action in TAGGINGS:
        assert not is_allowed(who, tag_request(action, "customer", key), policy)
        assert is_allowed(who, tag_request(action, "customer"), policy)
        assert is_allowed(who, tag_request(action, key), _without_tag_denials(policy))
        assert all(
            is_allowed(one, tag_request(action, "customer", key), policy) for one in functions
        )


@pytest.mark.parametrize("who", RESTRICTED)
@pytest.mark.parametrize("key", KEYS)
def test_an_upload_with_a_verdict_is_denied(policy: Policy, who: PolicyCaller, key: str) -> None:
    assert not may_upload(who, policy, key)
    assert may_upload(who, policy, "customer")
    assert may_upload(who, policy)
    assert may_upload(who, _without_tag_denials(policy), key)


def test_an_uploader_without_the_tagging_permission_can_not_tag() -> None:
    """Even without a bucket policy, because OSS requires both permissions."""
    only_put = {"Effect": "Allow", "Action": ["oss:PutObject"], "Resource": ["*"]}
    uploader = PolicyCaller("4000", ({"Version": "1", "Statement": [only_put]},))
    empty: Policy = {"Version": "1", "Statement": []}
    assert may_upload(uploader, empty)
    assert not may_upload(uploader, empty, "deepfake-verdict")
    assert not is_allowed(uploader, tag_request("oss:PutObjectTagging", "deepfake-verdict"), empty)


@pytest.mark.parametrize("who", RESTRICTED)
@pytest.mark.parametrize("action", DELETES)
def test_a_verdict_can_not_be_removed(policy: Policy, who: PolicyCaller, action: str) -> None:
    assert not is_allowed(who, read_request(action, deepfake_verdict="high_risk"), policy)
    assert not is_allowed(who, read_request(action, deepfake="high_risk"), policy)
    assert is_allowed(who, read_request(action, customer="ann"), policy)
    assert is_allowed(
        who, read_request(action, deepfake_verdict="high_risk"), _without_tag_denials(policy)
    )


def test_requests_without_tls_are_denied(policy: Policy) -> None:
    clear = read_request(deepfake_verdict="low_risk")
    clear = replace(clear, keys={**clear.keys, "acs:SecureTransport": "false"})
    assert not is_allowed(SOMEBODY, clear, policy)
    assert is_allowed(SOMEBODY, clear, without_statement(policy, len(policy["Statement"]) - 1))


def test_another_tag_prefix_is_protected_instead() -> None:
    policy = PolicyInputs.from_env("selfies", {**SETTINGS, "TAG_PREFIX": "face."}).build_policy()
    assert not is_allowed(SOMEBODY, tag_request("oss:PutObjectTagging", "face.verdict"), policy)
    assert is_allowed(SOMEBODY, tag_request("oss:PutObjectTagging", "deepfake-verdict"), policy)


def test_no_statement_has_an_empty_list_of_principals() -> None:
    """OSS treats an empty list of principals as everyone, including the functions."""
    policy = PolicyInputs.from_env("selfies", {**SETTINGS, "HELD_ROLES": ""}).build_policy()
    assert all(statement["Principal"] for statement in policy["Statement"])


def test_the_policy_is_within_the_size_limit(policy: Policy) -> None:
    assert len(json.dumps(policy)) < 16 * 1024


def test_a_missing_account_is_named() -> None:
    with pytest.raises(InvalidSettingsError, match="ALIBABA_CLOUD_ACCOUNT_ID"):
        PolicyInputs.from_env("selfies", {})


@pytest.mark.parametrize("name", ["*", "facescreen-http-api", "a/b", "\x1b[2J"])
def test_the_functions_can_not_be_restricted(name: str) -> None:
    with pytest.raises(InvalidSettingsError, match="HELD_ROLES") as caught:
        PolicyInputs.from_env("selfies", {**SETTINGS, "HELD_ROLES": f"onboarding,{name}"})
    assert "\x1b" not in str(caught.value)


def test_the_policy_is_printed_in_the_format_of_oss(policy: Policy) -> None:
    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "facescreen_cli.commands.doctor.bucket_policy", *arguments]
        path = {"PYTHONPATH": f"{REPOSITORY}/functions:{REPOSITORY}"}
        return subprocess.run(
            command, env={**path, **settings}, capture_output=True, text=True, check=False
        )

    assert json.loads(run("selfies", **SETTINGS).stdout) == policy
    assert "ALIBABA_CLOUD_ACCOUNT_ID must be 16 digits" in run("selfies").stderr
    assert run().stderr.startswith("Usage")


def may_upload(who: PolicyCaller, policy: Policy, *keys: str) -> bool:
    """Whether an upload with these tags is allowed. With tags, OSS requires both permissions."""
    actions = ("oss:PutObject", "oss:PutObjectTagging") if keys else ("oss:PutObject",)
    return all(is_allowed(who, tag_request(action, *keys), policy) for action in actions)


def _without_read_denials(policy: Policy) -> Policy:
    statements = [one for one in policy["Statement"] if "oss:GetObject" not in one["Action"]]
    return {**policy, "Statement": statements}


def _without_tag_denials(policy: Policy) -> Policy:
    forging = {"oss:PutObject", *DELETES}
    statements = [one for one in policy["Statement"] if not forging & set(one["Action"])]
    return {**policy, "Statement": statements}
