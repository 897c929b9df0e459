"""Who may read objects and write verdicts. Each denial is tested with an allowed case."""

from __future__ import annotations

from typing import Any

import pytest

from facescreen.tags import build_verdict_tag_keys
from tests.support.policies import AccessRequest
from tests.templates.aws.bucket_policy import denying_sids
from tests.templates.aws.stack import Stack

SCREENED = "arn:aws:s3:::selfies/kyc/ann.jpg"
ELSEWHERE = "arn:aws:s3:::selfies/terms.pdf"
READS = ("s3:GetObject", "s3:GetObjectVersion")
WRITES = ("s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging")
SOMEBODY = "arn:aws:iam::123456789012:role/onboarding"
ROOT = "arn:aws:iam::123456789012:root"
FUNCTIONS = ("ObjectCreatedRole.Arn", "HttpApiRole.Arn")
VERDICT = "s3:ExistingObjectTag/deepfake-verdict"


@pytest.fixture(scope="module")
def policy(deployed: Stack) -> dict[str, Any]:
    (properties,) = deployed.all("AWS::S3::BucketPolicy").values()
    assert properties["Bucket"] == "selfies"
    document: dict[str, Any] = properties["PolicyDocument"]
    return document


def caller_keys(who: str, **more: Any) -> dict[str, Any]:
    return {"aws:PrincipalArn": who, "aws:SecureTransport": "true", **more}


@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize("verdict", ["high_risk", "suspicious", "unscreenable", "failed", "", None])
@pytest.mark.parametrize("who", [SOMEBODY, ROOT])
def test_objects_that_are_not_low_risk_can_not_be_read(
    policy: dict[str, Any], action: str, verdict: str | None, who: str
) -> None:
    tags = {} if verdict is None else {VERDICT: verdict}
    assert denying_sids(policy, AccessRequest(action, SCREENED, caller_keys(who, **tags))) == {
        "ReadLowRiskAlone"
    }
    assert not denying_sids(
        policy, AccessRequest(action, SCREENED, caller_keys(who, **{VERDICT: "low_risk"}))
    )


@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize("who", FUNCTIONS)
def test_the_functions_read_objects_without_a_verdict(
    policy: dict[str, Any], action: str, who: str
) -> None:
    assert not denying_sids(policy, AccessRequest(action, SCREENED, caller_keys(who)))


def test_objects_outside_the_prefix_can_be_read(policy: dict[str, Any]) -> None:
    assert not denying_sids(policy, AccessRequest("s3:GetObject", ELSEWHERE, caller_keys(SOMEBODY)))


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("tag", [*sorted(build_verdict_tag_keys("deepfake-")), "Deepfake-Verdict"])
def test_only_the_functions_write_verdicts(policy: dict[str, Any], action: str, tag: str) -> None:
    def denied_by(who: str, *tags: str) -> set[str]:
        keys = caller_keys(who, **{"s3:RequestObjectTagKeys": list(tags)})
        return denying_sids(policy, AccessRequest(action, SCREENED, keys))

    assert denied_by(SOMEBODY, "customer", tag) == {"WriteNoVerdict"}
    assert denied_by(ROOT, tag) == {"WriteNoVerdict"}
    assert not denied_by(SOMEBODY, "customer")
    assert not any(denied_by(who, "customer", tag) for who in FUNCTIONS)


def test_uploads_without_tags_are_allowed(policy: dict[str, Any]) -> None:
    assert not denying_sids(policy, AccessRequest("s3:PutObject", SCREENED, caller_keys(SOMEBODY)))


@pytest.mark.parametrize("source", ["theirs/a.jpg", "/theirs/a.jpg", "selfies-2/a.jpg"])
def test_a_copy_from_another_bucket_is_denied(policy: dict[str, Any], source: str) -> None:
    def denied_by(who: str, source: str) -> set[str]:
        keys = caller_keys(who, **{"s3:x-amz-copy-source": source})
        return denying_sids(policy, AccessRequest("s3:PutObject", SCREENED, keys))

    assert denied_by(SOMEBODY, source) == {"BringNoVerdict"}
    assert not denied_by(SOMEBODY, "/selfies/kyc/bob.jpg")
    assert not denied_by(SOMEBODY, "selfies/kyc/bob.jpg")
    assert not any(denied_by(who, source) for who in FUNCTIONS)


@pytest.mark.parametrize("who", [SOMEBODY, *FUNCTIONS])
def test_requests_without_tls_are_denied(policy: dict[str, Any], who: str) -> None:
    keys = caller_keys(who, **{VERDICT: "low_risk"}) | {"aws:SecureTransport": "false"}
    assert denying_sids(policy, AccessRequest("s3:GetObject", SCREENED, keys)) == {"SpeakTls"}


def test_a_verdict_can_be_removed(policy: dict[str, Any]) -> None:
    """Without a verdict, the object can't be read."""
    assert not denying_sids(
        policy, AccessRequest("s3:DeleteObjectTagging", SCREENED, caller_keys(SOMEBODY))
    )
