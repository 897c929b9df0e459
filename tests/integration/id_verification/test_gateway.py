"""The gateway accepts a request if it is signed, recent, and not a repetition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

import pytest

from facescreen_local.auth import nonces
from facescreen_local.auth.account import AccessKey, LocalAccount
from facescreen_local.id_verification.service import IdVerificationService
from tests.integration.id_verification.raw_request import RawRequest, assert_refused
from tests.integration.id_verification.sdk_client import ALLOW_SDK, MERCHANT_BIZ_ID, SdkCaller

pytestmark = ALLOW_SDK


def test_the_unchanged_request_succeeds(raw_request: RawRequest) -> None:
    response = raw_request.send()
    assert response.status_code == 200
    assert response.json()["Code"] == "Success"
    assert response.json()["Result"] == {"Result": "SUCCESS"}


def test_a_temporary_key_works_with_its_token(
    service: IdVerificationService, local_account: LocalAccount
) -> None:
    assert RawRequest(local_account.issue_temporary_key(), service.url).send().status_code == 200


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_date_far_from_now_is_refused(raw_request: RawRequest, minutes: int) -> None:
    date = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    raw_request.headers["x-acs-date"] = date.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert_refused(raw_request.send(), 400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_date_within_15_minutes_is_accepted(raw_request: RawRequest, minutes: int) -> None:
    date = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    raw_request.headers["x-acs-date"] = date.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert raw_request.send().status_code == 200


@pytest.mark.parametrize("date", ["Thu, 05 Mar 2026 08:00:00 GMT", "2026-03-05T08:00:00.123Z"])
def test_a_date_in_another_format_is_refused(raw_request: RawRequest, date: str) -> None:
    raw_request.headers["x-acs-date"] = date
    assert_refused(raw_request.send(), 400, "InvalidTimeStamp.Format")


def test_a_repeated_request_is_refused(raw_request: RawRequest) -> None:
    headers = raw_request.sign()
    assert raw_request.send(headers=headers).status_code == 200
    assert_refused(raw_request.send(headers=headers), 400, "SignatureNonceUsed")


def test_a_wrongly_signed_request_does_not_use_up_a_nonce(
    raw_request: RawRequest, local_account: LocalAccount
) -> None:
    stranger = RawRequest(AccessKey(local_account.key.access_key_id, "wrong"), raw_request.url)
    nonce = "one nonce"
    assert_refused(stranger.send(headers=stranger.sign(nonce)), 400, "SignatureDoesNotMatch")
    assert raw_request.send(headers=raw_request.sign(nonce)).status_code == 200


def test_a_limited_number_of_nonces_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "_MAX_NONCES", 2)
    nonce_store = nonces.UsedNonces(60)
    assert [nonce_store.mark_used(nonce) for nonce in "aabbc"] == [True, False, True, False, True]
    assert nonce_store.mark_used("a")


def test_a_changed_body_is_refused(raw_request: RawRequest) -> None:
    raw_request.body = b"FaceBase64=AAAA"
    raw_request.headers["content-type"] = "application/x-www-form-urlencoded"
    response = raw_request.send(content=b"FaceBase64=BBBB")
    assert_refused(response, 400, "SignatureDoesNotMatch")


def test_a_changed_query_is_refused(raw_request: RawRequest) -> None:
    raw_request.query = [("MerchantBizId", MERCHANT_BIZ_ID)]
    response = raw_request.send(params={"MerchantBizId": MERCHANT_BIZ_ID[::-1]})
    assert_refused(response, 400, "SignatureDoesNotMatch")


def test_a_differently_encoded_query_is_accepted(raw_request: RawRequest) -> None:
    raw_request.query = [("FaceUrl", "http://127.0.0.1/a b?x=1&y=ä"), ("A", "")]
    query = "FaceUrl=http://127.0.0.1/a+b?x%3D1%26y=%C3%A4&A="
    response = raw_request.send(url=f"{raw_request.url}/?{query}", params=None)
    assert response.status_code == 200


def test_a_changed_header_is_refused(raw_request: RawRequest) -> None:
    headers = {**raw_request.sign(), "x-acs-signature-nonce": "another"}
    assert_refused(raw_request.send(headers=headers), 400, "SignatureDoesNotMatch")


@pytest.mark.parametrize("name", ["host", "x-acs-date", "x-acs-action", "x-acs-security-token"])
def test_a_request_with_an_unsigned_required_header_is_refused(
    service: IdVerificationService, local_account: LocalAccount, name: str
) -> None:
    raw_request = RawRequest(local_account.issue_temporary_key(), service.url, unsigned=(name,))
    response = raw_request.send()
    assert_refused(response, 400, "IncompleteSignature")
    assert name in response.json()["Message"]


def test_a_missing_signed_header_is_refused(raw_request: RawRequest) -> None:
    headers = raw_request.sign()
    del headers["x-acs-content-sha256"]
    assert_refused(raw_request.send(headers=headers), 400, "IncompleteSignature")


@pytest.mark.parametrize("damage", [lambda _: "", lambda text: text[:-1], str.lower])
def test_a_malformed_authorization_is_refused(
    raw_request: RawRequest, damage: Callable[[str], str]
) -> None:
    headers = raw_request.sign()
    headers["authorization"] = damage(headers["authorization"])
    assert_refused(raw_request.send(headers=headers), 400, "IncompleteSignature")


def test_a_header_that_is_not_text_is_refused(raw_request: RawRequest) -> None:
    raw = [(name.encode(), value.encode()) for name, value in raw_request.sign().items()]
    damaged_headers = [(n, b"\xff\xfe" if n == b"x-acs-signature-nonce" else v) for n, v in raw]
    assert raw_request.send(headers=damaged_headers).status_code == 400


def test_an_unknown_key_is_refused(service: IdVerificationService) -> None:
    raw_request = RawRequest(AccessKey("LTAIunknown", "secret"), service.url)
    assert_refused(raw_request.send(), 404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("token", ["", "CAISanother"])
def test_a_temporary_key_without_its_token_is_refused(
    service: IdVerificationService, local_account: LocalAccount, token: str
) -> None:
    issued = local_account.issue_temporary_key()
    stolen = AccessKey(issued.access_key_id, issued.access_key_secret, token)
    response = RawRequest(stolen, service.url).send()
    assert_refused(response, 400, "InvalidSecurityToken.MismatchWithAccessKey")


@pytest.mark.parametrize(
    "headers", [{"x-acs-action": "DeepfakeDetect"}, {"x-acs-version": "2019-03-07"}]
)
def test_an_unknown_action_is_refused(raw_request: RawRequest, headers: dict[str, str]) -> None:
    raw_request.headers.update(headers)
    assert_refused(raw_request.send(), 404, "InvalidAction.NotFound")


def test_another_path_is_refused(raw_request: RawRequest) -> None:
    assert_refused(raw_request.send(url=raw_request.url + "/x"), 404, "InvalidAction.NotFound")


def test_parameters_can_be_sent_in_the_form(raw_request: RawRequest, portrait: bytes) -> None:
    raw_request.headers["x-acs-action"] = "DeepfakeDetectIntl"
    raw_request.headers["content-type"] = "application/x-www-form-urlencoded"
    form = {"ProductCode": "FACE_DEEPFAKE", "SceneCode": "scene_0001"}
    raw_request.body = urlencode({**form, "MerchantBizId": MERCHANT_BIZ_ID}).encode()
    response = raw_request.send().json()
    assert response["Code"] == "MissingParameter"
    assert "FaceUrl" in response["Message"]


def test_stream_reads_parameters_only_from_the_form(raw_request: RawRequest) -> None:
    raw_request.headers["x-acs-action"] = "DeepfakeDetectIntlStream"
    raw_request.headers["content-type"] = "application/x-www-form-urlencoded"
    rest = {"SceneCode": "scene_0001", "MerchantBizId": MERCHANT_BIZ_ID}
    raw_request.body = urlencode({"ProductCode": "FACE_DEEPFAKE", **rest}).encode()
    raw_request.query = [("FaceUrl", "http://127.0.0.1/a.jpg?Signature=secret")]
    response = raw_request.send().json()
    assert response["Code"] == "MissingParameter"
    assert "FaceFile" in response["Message"]


def test_a_body_that_is_too_large_is_refused_before_authentication(raw_request: RawRequest) -> None:
    response = raw_request.send(
        headers={**raw_request.sign(), "authorization": ""}, content=b"A" * 5 * 2**20
    )
    assert (response.status_code, response.json()["Code"]) == (401, "ToolargeImage")


def test_the_vendors_sdk_with_a_wrong_secret_is_refused(
    service: IdVerificationService, local_account: LocalAccount
) -> None:
    sdk = SdkCaller(service, AccessKey(local_account.key.access_key_id, "wrong"))
    assert sdk.refusal(face_url="http://127.0.0.1/x") == (400, "SignatureDoesNotMatch")
