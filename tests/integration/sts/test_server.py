"""AssumeRoleWithOIDC on the wire, and its refusals by the real service's codes."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import jwt
import pytest

from facescreen_local.auth.account import Identity
from facescreen_local.auth.credentials import find_secret
from tests.integration.sts.aws import AUDIENCE, ISSUER, ROLE, AwsSts
from tests.integration.sts.conftest import CLOSED_ROLE_ARN, PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


def asked(token: str, **changed: str) -> dict[str, str]:
    return {
        "Action": "AssumeRoleWithOIDC",
        "Version": "2015-04-01",
        "Format": "JSON",
        "RoleArn": ROLE_ARN,
        "OIDCProviderArn": PROVIDER_ARN,
        "OIDCToken": token,
        "RoleSessionName": "one@function",
    } | changed


def refusal(sts: StsService, given: dict[str, str]) -> tuple[int, str]:
    answer = httpx.post(sts.url, data=given)
    said: dict[str, Any] = answer.json()
    assert set(said) == {"RequestId", "HostId", "Code", "Message"}
    assert given["OIDCToken"] not in answer.text or not given["OIDCToken"]
    return answer.status_code, said["Code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_answer_has_the_real_shape(
    method: str, sts: StsService, aws: AwsSts, identity: Identity
) -> None:
    given = asked(aws.token(), DurationSeconds="900")
    sent = httpx.get(sts.url, params=given) if method == "GET" else httpx.post(sts.url, data=given)
    answer = sent.json()
    key = answer["Credentials"]
    held = find_secret(identity, key["AccessKeyId"], key["SecurityToken"])
    assert held == key["AccessKeySecret"]
    ends = time.strptime(key["Expiration"], "%Y-%m-%dT%H:%M:%SZ")
    assert 890 < time.mktime(ends) - time.mktime(time.gmtime()) <= 900
    info = answer["OIDCTokenInfo"]
    assert (info["Subject"], info["Issuer"], info["ClientIds"]) == (ROLE, ISSUER, AUDIENCE)
    assert info["VerificationInfo"] == "Success"
    assert answer["AssumedRoleUser"]["Arn"] == f"{ROLE_ARN}/one@function"
    assert re.fullmatch("[0-9A-F-]{36}", answer["RequestId"])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"exp": int(time.time()) - 60}, "Expired"),
        ({"iss": "https://another.tokens.sts.global.api.aws"}, "IssuerNotMatch"),
        ({"aud": "sts.amazonaws.com"}, "AudienceNotMatch"),
        ({"aud": None}, "Invalid"),
        ({"sub": None}, "Invalid"),
        ({"key_id": "RSA_9"}, "InvalidSignature"),
    ],
)
def test_tokens_that_are_not_believed(
    changed: dict[str, Any], code: str, sts: StsService, aws: AwsSts
) -> None:
    found = refusal(sts, asked(aws.token(**changed)))
    assert found == (401, f"AuthenticationFail.OIDCToken.{code}")


def test_a_forged_token_is_refused(sts: StsService, aws: AwsSts) -> None:
    head, body, signature = aws.token().split(".")
    other = aws.token(sub=f"{ROLE}-2").split(".")[1]
    assert body != other
    found = refusal(sts, asked(f"{head}.{other}.{signature}"))
    assert found == (401, "AuthenticationFail.OIDCToken.InvalidSignature")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "two.parts",
        "not.a.token",
        "a" * 20_001 + ".b.c",
        jwt.encode({"iss": ISSUER, "aud": AUDIENCE}, "k" * 64, "HS256", {"kid": "RSA_0"}),
        jwt.encode({"iss": ISSUER, "aud": AUDIENCE}, "", "none", {"kid": "RSA_0"}),
    ],
)
def test_what_is_no_token_is_invalid(token: str, sts: StsService) -> None:
    found = refusal(sts, asked(token))
    assert found == (401, "AuthenticationFail.OIDCToken.Invalid")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Action": "AssumeRole"}, 404, "InvalidAction.NotFound"),
        ({"Version": "2014-01-01"}, 404, "InvalidAction.NotFound"),
        ({"Format": "XML"}, 400, "InvalidParameter"),
        ({"RoleArn": "facescreen"}, 400, "InvalidParameter.RoleArn"),
        ({"RoleSessionName": "a b"}, 400, "InvalidParameter.RoleSessionName"),
        ({"DurationSeconds": "899"}, 400, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": "3601"}, 400, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": "９００"}, 400, "InvalidParameter.DurationSeconds"),
        ({"OIDCProviderArn": f"{PROVIDER_ARN}-2"}, 401, "AuthenticationFail.NoPermission"),
        ({"RoleArn": f"{ROLE_ARN}-2"}, 404, "EntityNotExist.Role"),
        ({"RoleArn": CLOSED_ROLE_ARN}, 401, "AuthenticationFail.NoPermission"),
        ({"Policy": "x" * 70_000}, 400, "InvalidParameter"),
        ({f"P{n}": "" for n in range(40)}, 400, "InvalidParameter"),
    ],
)
def test_requests_that_are_refused(
    changed: dict[str, str], status: int, code: str, sts: StsService, aws: AwsSts
) -> None:
    assert refusal(sts, asked(aws.token(), **changed)) == (status, code)
