"""Who can read what of a guarded bucket, and who can write a verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .evaluator import Request, allowed
from .expanded import read

OURS = "arn:aws:iam::123456789012:role/facescreen-ObjectCreatedRole"
READER = "arn:aws:iam::123456789012:role/back-office"
OBJECT = "arn:aws:s3:::selfies/kyc/a.jpg"
VERDICT = "s3:existingobjecttag/deepfake-verdict"
TAGS = "s3:requestobjecttagkeys"


def policy() -> dict[str, Any]:
    """Of bucket-policy.yaml, for the bucket selfies and the functions' roles."""
    found = read("infra/aws/bucket-policy.yaml")["Resources"]["Policy"]["Properties"]
    text = json.dumps(found["PolicyDocument"])
    for given, value in {
        '{"Ref": "RoleArns"}': json.dumps([OURS]),
        "${BucketName}": "selfies",
        "${AWS::Partition}": "aws",
    }.items():
        assert given in text
        text = text.replace(given, value)
    return dict(_without_sub(json.loads(text)))


def _without_sub(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            return value["Fn::Sub"]
        return {key: _without_sub(inner) for key, inner in value.items()}
    return [_without_sub(inner) for inner in value] if isinstance(value, list) else value


def can(principal: str, action: str, on: str = OBJECT, /, **context: Any) -> bool:
    return allowed(policy(), Request(principal, action, on, context))


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion"])
def test_a_reader_gets_what_is_low_risk_and_nothing_else(action: str) -> None:
    assert can(READER, action, **{VERDICT: "low_risk"})
    for verdict in ("high_risk", "suspicious", "unscreenable", "failed"):
        assert not can(READER, action, **{VERDICT: verdict})
    assert not can(READER, action)


def test_the_functions_read_what_has_no_verdict_yet() -> None:
    assert can(OURS, "s3:GetObject")


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:PutObjectTagging"])
def test_an_uploader_can_tag_but_forge_no_verdict(action: str) -> None:
    assert can(READER, action, **{TAGS: ["team", "case"]})
    assert can(READER, action)
    for key in ("deepfake-verdict", "deepfake-etag", "deepfake"):
        assert not can(READER, action, **{TAGS: ["team", key]})


def test_the_functions_write_verdicts() -> None:
    assert can(OURS, "s3:PutObjectTagging", **{TAGS: ["deepfake-verdict"]})


def test_nobody_comes_by_plain_http() -> None:
    assert not can(OURS, "s3:GetObject", **{"aws:securetransport": False})
    assert can(OURS, "s3:GetObject", **{"aws:securetransport": True})


def test_other_buckets_are_not_touched() -> None:
    assert can(READER, "s3:GetObject", "arn:aws:s3:::elsewhere/a.jpg")
