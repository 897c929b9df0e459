"""AssumeRoleWithOIDC over HTTP, with the real service's error codes."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import jwt
import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.credentials import find_secret
from tests.integration.sts.aws import AUDIENCE, AWS_ROLE_ARN, ISSUER, FakeAwsSts
from tests.integration.sts.conftest import CLOSED_ROLE_ARN, PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


def request_params(token: str, **overrides: str) -> dict[str, str]:
    return {
        "Action": "AssumeRoleWithOIDC",
        "Version": "2015-04-01",
        "Format": "JSON",
        "RoleArn": ROLE_ARN,
        "OIDCProviderArn": PROVIDER_ARN,
        "OIDCToken": token,
        "RoleSessionName": "one@function",
    } | overrides


def post_and_get_error(sts: StsService, params: dict[str, str]) -> tuple[int, str]:
    response = httpx.post(sts.url, data=params)
    body: dict[str, Any] = response.json()
    assert set(body) == {"RequestId", "HostId", "Code", "Message"}
    assert params["OIDCToken"] not in response.text or not params["OIDCToken"]
    return response.status_code, body["Code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_response_has_the_real_format(
    method: str, sts: StsService, aws: FakeAwsSts, local_account: LocalAccount
) -> None:
    params = request_params(aws.token(), DurationSeconds="900")
    response = (
        httpx.get(sts.url, params=params) if method == "GET" else httpx.post(sts.url, data=params)
    )
    response = response.json()
    key = response["Credentials"]
    secret = find_secret(local_account, key["AccessKeyId"], key["SecurityToken"])
    assert secret == key["AccessKeySecret"]
    expiration = time.strptime(key["Expiration"], "%Y-%m-%dT%H:%M:%SZ")
    assert 890 < time.mktime(expiration) - time.mktime(time.gmtime()) <= 900
    info = response["OIDCTokenInfo"]
    assert (info["Subject"], info["Issuer"], info["ClientIds"]) == (AWS_ROLE_ARN, ISSUER, AUDIENCE)
    assert info["VerificationInfo"] == "Success"
    assert response["AssumedRoleUser"]["Arn"] == f"{ROLE_ARN}/one@function"
    assert re.fullmatch("[0-9A-F-]{36}", response["RequestId"])


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"exp": int(time.time()) - 60}, "Expired"),
        ({"iss": "https://another.tokens.sts.global.api.aws"}, "IssuerNotMatch"),
        ({"aud": "sts.amazonaws.com"}, "AudienceNotMatch"),
        ({"aud": None}, "Invalid"),
        ({"sub": None}, "Invalid"),
        ({"key_id": "RSA_9"}, "InvalidSignature"),
    ],
)
def test_invalid_tokens_are_refused(
    overrides: dict[str, Any], code: str, sts: StsService, aws: FakeAwsSts
) -> None:
    error = post_and_get_error(sts, request_params(aws.token(**overrides)))
    assert error == (401, f"AuthenticationFail.OIDCToken.{code}")


def test_a_forged_token_is_refused(sts: StsService, aws: FakeAwsSts) -> None:
    head, body, signature = aws.token().split(".")
    other = aws.token(sub=f"{AWS_ROLE_ARN}-2").split(".")[1]
    assert body != other
    error = post_and_get_error(sts, request_params(f"{head}.{other}.{signature}"))
    assert error == (401, "AuthenticationFail.OIDCToken.InvalidSignature")


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
def test_malformed_tokens_are_invalid(token: str, sts: StsService) -> None:
    error = post_and_get_error(sts, request_params(token))
    assert error == (401, "AuthenticationFail.OIDCToken.Invalid")


@pytest.mark.parametrize(
    ("overrides", "status", "code"),
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
def test_invalid_requests_are_refused(
    overrides: dict[str, str], status: int, code: str, sts: StsService, aws: FakeAwsSts
) -> None:
    assert post_and_get_error(sts, request_params(aws.token(), **overrides)) == (status, code)
