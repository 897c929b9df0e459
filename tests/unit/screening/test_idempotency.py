"""What of a URL counts for an idempotency key: everything except its signature."""

from __future__ import annotations

import boto3
import oss2
import pytest
from botocore.config import Config

from facescreen.screening.idempotency import IdempotencyKey, remove_url_signature

ADDRESS = "https://selfies.oss.example/kyc/a.jpg"
OTHERS = {"versionId": "v1", "x-oss-process": "image/resize,w_9", "response-content-type": "a/b"}


def sign_oss(auth: oss2.AuthBase, expires_in_s: int) -> str:
    bucket = oss2.Bucket(auth, "https://oss.example", "selfies", region="r")
    url: str = bucket.sign_url(
        "GET", "kyc/a.jpg", expires_in_s, params=dict(OTHERS), slash_safe=True
    )
    return url


def sign_s3(version: str, expires_in_s: int) -> str:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id=f"key{expires_in_s}",
        aws_secret_access_key="secret",
        aws_session_token=f"token{expires_in_s}",
        config=Config(signature_version=version),
    )
    target = {"Bucket": "selfies", "Key": "kyc/a.jpg", "VersionId": "v1"}
    url: str = client.generate_presigned_url("get_object", target, expires_in_s)
    return url


@pytest.mark.parametrize("version", ["v1", "v2", "v4", "v1 by sts", "v4 by sts"])
def test_the_signatures_of_oss_are_removed(version: str) -> None:
    kinds = {"v1": oss2.Auth, "v2": oss2.AuthV2, "v4": oss2.AuthV4}
    remaining = set()
    for number in (60, 61):
        if "sts" in version:
            auth = oss2.StsAuth(f"key{number}", "secret", f"token{number}", version[:2])
        else:
            auth = kinds[version](f"key{number}", "secret")
        url = sign_oss(auth, number)
        assert f"key{number}" in url
        remaining.add(remove_url_signature(url))
    assert remaining == {
        f"{ADDRESS}?response-content-type=a%2Fb&versionId=v1&x-oss-process=image%2Fresize%2Cw_9"
    }


@pytest.mark.parametrize("version", ["s3-query", "s3v4"])
def test_the_signatures_of_s3_are_removed(version: str) -> None:
    remaining = {remove_url_signature(sign_s3(version, number)) for number in (60, 61)}
    (url,) = remaining
    assert url.endswith("/kyc/a.jpg?versionId=v1")


@pytest.mark.parametrize(
    "query",
    [
        "Expires=1",
        "x-oss-date=1",
        "X-Amz-Date=1",
        "security-token=1",
        "Signature=1&signature=1",
        "X-Amz-Signature=1&Expires=1",
        "Signature=1&versionId=1",
        "Signature=1&versionId=1&versionId=2",
        "Signature=1&Policy=1",
        "sig=1",
    ],
)
def test_everything_else_counts(query: str) -> None:
    assert remove_url_signature(f"{ADDRESS}?{query}") != remove_url_signature(
        f"{ADDRESS}?{query[:-1]}9"
    )
    assert remove_url_signature(f"{ADDRESS}?{query}") != remove_url_signature(ADDRESS)


def test_the_order_of_parameters_does_not_count() -> None:
    assert remove_url_signature(f"{ADDRESS}?b=2&Signature=s&a=1") == f"{ADDRESS}?a=1&b=2"
    assert remove_url_signature(f"{ADDRESS}?a=0&x%2Doss%2Dsignature=s") == f"{ADDRESS}?a=0"


def test_the_order_of_values_of_one_parameter_counts() -> None:
    """Servers read the first or the last one."""
    first, second = (
        remove_url_signature(f"{ADDRESS}?versionId={one}&Signature=s&versionId={other}")
        for one, other in (("v1", "v2"), ("v2", "v1"))
    )
    assert first != second


def test_no_two_keys_share_an_entry() -> None:
    keys = [IdempotencyKey("k"), IdempotencyKey("", "k"), IdempotencyKey("k", "k")]
    ids = [entry for key in keys for entry in (key.binding_key, key.finding_id)]
    assert len(set(ids)) == 6
