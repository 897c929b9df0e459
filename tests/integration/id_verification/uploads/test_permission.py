"""AuthorizeFileUpload, which the local service serves at the endpoint of the other operations."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.id_verification.service import IdVerificationService
from tests.integration.id_verification.raw_request import RawRequest, assert_refused


@pytest.fixture
def permission_request(raw_request: RawRequest) -> RawRequest:
    raw_request.method = "GET"
    raw_request.query = [("Product", "Cloudauth-intl"), ("RegionId", "ap-southeast-1")]
    raw_request.headers = {"x-acs-action": "AuthorizeFileUpload", "x-acs-version": "2019-12-19"}
    return raw_request


def test_a_permission_allows_one_file_for_15_minutes(
    permission_request: RawRequest, service: IdVerificationService, local_account: LocalAccount
) -> None:
    response = permission_request.send()
    assert response.status_code == 200
    permission = response.json()
    policy = json.loads(base64.b64decode(permission.pop("EncodedPolicy")))
    expiration = datetime.strptime(policy.pop("expiration"), "%Y-%m-%dT%H:%M:%S.%f%z")
    remaining = expiration - datetime.now(timezone.utc)
    assert timedelta(minutes=14) < remaining < timedelta(minutes=16)
    key = permission.pop("ObjectKey")
    assert policy == {
        "conditions": [["eq", "$key", key], ["content-length-range", 1, 10 * 1024 * 1024]]
    }
    assert permission.pop("AccessKeyId") != local_account.key.access_key_id
    assert set(permission) == {"RequestId", "Signature", "Bucket", "Endpoint", "UseAccelerate"}
    assert f"https://{permission['Bucket']}.{permission['Endpoint']}" == service.uploads.url
    assert permission["UseAccelerate"] is False


def test_a_permission_needs_a_signed_request(permission_request: RawRequest) -> None:
    headers = {**permission_request.sign(), "x-acs-signature-nonce": "another"}
    assert_refused(permission_request.send(headers=headers), 400, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("query", "code"),
    [([], "MissingParameter"), ([("Product", "facebody")], "InvalidParameter")],
)
def test_a_permission_is_only_for_this_product(
    permission_request: RawRequest, query: list[tuple[str, str]], code: str
) -> None:
    permission_request.query = query
    response = permission_request.send()
    assert (response.status_code, response.json()["Code"]) == (400, code)


def test_the_operation_has_only_its_own_version(permission_request: RawRequest) -> None:
    permission_request.headers["x-acs-version"] = "2022-08-09"
    assert_refused(permission_request.send(), 404, "InvalidAction.NotFound")
