"""Authentication: signed headers and URLs, STS tokens, expiry and clock differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import time
from typing import Any

import httpx
import oss2
import pytest

from facescreen_local.auth.account import AccessKey
from tests.integration.oss.conftest import OssCloud

BucketWithKey = Callable[[AccessKey], Any]


@pytest.fixture
def token(cloud: OssCloud) -> AccessKey:
    return cloud.local_account.issue_temporary_key()


def _list_objects_error(stranger: Any) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        stranger.list_objects()
    return raised.value.status, raised.value.code


def error_code(response: httpx.Response) -> str:
    return response.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_wrong_secret_is_refused(cloud: OssCloud, bucket_with_key: BucketWithKey) -> None:
    key = replace(cloud.local_account.key, access_key_secret="guessed")
    assert _list_objects_error(bucket_with_key(key)) == (403, "SignatureDoesNotMatch")


def test_an_unknown_key_is_refused(cloud: OssCloud, bucket_with_key: BucketWithKey) -> None:
    key = replace(cloud.local_account.key, access_key_id="nobody")
    assert _list_objects_error(bucket_with_key(key)) == (403, "InvalidAccessKeyId")


def test_a_temporary_key_is_accepted(bucket_with_key: BucketWithKey, token: AccessKey) -> None:
    function = bucket_with_key(token)
    function.put_object("selfie.jpg", b"bytes")
    assert function.get_object("selfie.jpg").read() == b"bytes"


@pytest.mark.parametrize(
    ("presented", "code"), [("CAISother", "InvalidSecurityToken"), ("", "InvalidAccessKeyId")]
)
def test_a_wrong_token_is_refused(
    bucket_with_key: BucketWithKey, token: AccessKey, presented: str, code: str
) -> None:
    key = replace(token, security_token=presented)
    assert _list_objects_error(bucket_with_key(key)) == (403, code)


def test_an_unsigned_request_is_refused(bucket: Any, web: httpx.Client) -> None:
    response = web.get(f"/{bucket.bucket_name}/selfie.jpg")
    assert (response.status_code, error_code(response)) == (403, "AccessDenied")


@pytest.mark.parametrize("slash_safe", [True, False])
def test_a_presigned_url_is_accepted(
    bucket_with_key: BucketWithKey, token: AccessKey, web: httpx.Client, slash_safe: bool
) -> None:
    function = bucket_with_key(token)
    function.put_object("in/a+b é.jpg", b"bytes")
    url = function.sign_url("GET", "in/a+b é.jpg", 60, slash_safe=slash_safe)
    assert web.get(url).content == b"bytes"


def test_a_presigned_url_is_for_one_request(bucket: Any, web: httpx.Client) -> None:
    bucket.put_object("mine.jpg", b"bytes")
    url = bucket.sign_url("GET", "mine.jpg", 60)
    for tampered in (
        web.get(url.replace("mine.jpg", "yours.jpg")),
        web.get(url + "&x-oss-process=image%2Finfo"),
        web.delete(url),
    ):
        assert (tampered.status_code, error_code(tampered)) == (403, "SignatureDoesNotMatch")


def test_a_presigned_url_expires(
    bucket: Any, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object("selfie.jpg", b"bytes")
    url = bucket.sign_url("GET", "selfie.jpg", 60)
    in_time, late = time() + 50, time() + 62
    monkeypatch.setattr("facescreen_local.auth.clock.time", lambda: in_time)
    assert web.get(url).status_code == 200
    monkeypatch.setattr("facescreen_local.auth.clock.time", lambda: late)
    response = web.get(url)
    assert (response.status_code, error_code(response)) == (403, "AccessDenied")
    assert "Request has expired." in response.text


def test_a_v4_url_is_valid_for_at_most_seven_days(cloud: OssCloud, web: httpx.Client) -> None:
    cloud.service.create_bucket("seven-days")
    url = cloud.bucket("seven-days", "v4").sign_url("GET", "k", 7 * 24 * 3600 + 1)
    response = web.get(url)
    assert (response.status_code, error_code(response)) == (400, "InvalidArgument")


def test_a_large_clock_difference_is_refused(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = time() + 16 * 60
    monkeypatch.setattr("facescreen_local.auth.clock.time", lambda: ahead)
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.list_objects()
    assert (raised.value.status, raised.value.code) == (403, "RequestTimeTooSkewed")


def test_a_v4_signature_for_another_region_is_refused(cloud: OssCloud, bucket: Any) -> None:
    elsewhere = cloud.bucket(bucket.bucket_name, "v4")
    elsewhere.region = "cn-hangzhou"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        elsewhere.list_objects()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "OSS :"}, 403),
        ({"Authorization": "OSS nobody", "Date": "yesterday"}, 403),
        ({"Authorization": "OSS4-HMAC-SHA256 Credential=a/b/c, Signature=é"}, 403),
        ({"Authorization": "Bearer x"}, 400),
    ],
)
def test_a_malformed_authorization_is_refused(
    web: httpx.Client, bucket: Any, headers: dict[str, str], status: int
) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert web.get(f"/{bucket.bucket_name}/k", headers=encoded).status_code == status
