"""What only DeepfakeDetectIntlStream has: a third kind of input, and its own quota."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.faults import Behaviour
from tests.integration.id_verification.raw_request import RawRequest
from tests.integration.id_verification.sdk_client import ALLOW_SDK, GOOD, OPERATIONS, SdkCaller

pytestmark = ALLOW_SDK

URL = "http://127.0.0.1:1/a.jpg"
UPLOADED = "http://127.0.0.1:1/cloudauth-intl/0"
INPUTS = {"face_url": URL, "face_base_64": "AAAA", "face_file": UPLOADED}
GOOD_FORM = {
    "ProductCode": GOOD["product_code"],
    "SceneCode": GOOD["scene_code"],
    "MerchantBizId": GOOD["merchant_biz_id"],
}


@pytest.fixture
def stream(service: IdVerificationService, local_account: LocalAccount) -> SdkCaller:
    return SdkCaller(service, local_account.key, "DeepfakeDetectIntlStream")


@pytest.mark.parametrize(
    "names",
    [
        ("face_url", "face_base_64"),
        ("face_url", "face_file"),
        ("face_base_64", "face_file"),
        ("face_url", "face_base_64", "face_file"),
    ],
)
def test_more_than_one_input_is_refused(stream: SdkCaller, names: tuple[str, ...]) -> None:
    parameters = {name: INPUTS[name] for name in names}
    assert stream.refusal(**parameters) == (401, "DataDuplication")


def test_a_missing_input_is_refused(stream: SdkCaller) -> None:
    assert stream.refusal() == (400, "MissingParameter")


@pytest.mark.parametrize("url", [UPLOADED, "https://elsewhere.example/a.jpg", "a.jpg", "http://["])
def test_a_file_that_was_not_uploaded_is_refused(stream: SdkCaller, url: str) -> None:
    assert stream.refusal(face_file=url) == (400, "InvalidParameter")


def test_a_file_of_another_host_is_not_downloaded(
    stream: SdkCaller, service: IdVerificationService
) -> None:
    key = service.uploads.issue_upload_grant()["ObjectKey"]
    service.uploads._files.put(key, b"not a photo")
    host = service.uploads.url.partition("://")[2]
    assert stream.refusal(face_file=f"http://{host}/{key}") == (401, "UnqualifiedPhoto")
    assert stream.refusal(face_file=f"http://127.0.0.1:1/{key}") == (400, "InvalidParameter")


def test_one_megabyte_of_base64_is_accepted_in_any_encoding(
    raw_request: RawRequest, portrait: bytes
) -> None:
    """The Base64 is mostly slashes, which take three bytes each in the form."""
    full = portrait + b"\xff" * (1024 * 1024 - len(portrait))
    inline = base64.b64encode(full).decode().replace("/", "%2F").replace("+", "%2B")
    raw_request.headers["x-acs-action"] = "DeepfakeDetectIntlStream"
    raw_request.body = f"{urlencode(GOOD_FORM)}&FaceBase64={inline}".encode()
    assert len(raw_request.body) > 3.5 * 1024 * 1024
    assert raw_request.send().json()["Code"] == "Success"


def test_the_plain_operation_has_no_face_file(raw_request: RawRequest) -> None:
    raw_request.headers["x-acs-action"] = "DeepfakeDetectIntl"
    raw_request.body = urlencode({**GOOD_FORM, "FaceFile": UPLOADED}).encode()
    response = raw_request.send()
    assert (response.status_code, response.json()["Code"]) == (400, "MissingParameter")


def test_each_operation_has_its_own_quota(
    service: IdVerificationService, local_account: LocalAccount
) -> None:
    service.behaviour = Behaviour(quota=1)
    callers = [SdkCaller(service, local_account.key, operation) for operation in OPERATIONS]
    codes = [caller.refusal(face_base_64="AAAA")[1] for _ in range(2) for caller in callers]
    assert codes == ["UnqualifiedPhoto"] * 2 + ["Throttling.Api"] * 2
