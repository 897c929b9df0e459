"""Both operations with the vendor's SDK. Each code has its real cause, except Forbidden ones."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.faults import Behaviour, Fault
from facescreen_local.samples import SampleFile
from tests.integration.id_verification.sdk_client import (
    ALLOW_SDK,
    MERCHANT_BIZ_ID,
    OPERATIONS,
    FileServer,
    SdkCaller,
)

pytestmark = ALLOW_SDK

TEN_MB = 10 * 1024 * 1024


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sdk(service: IdVerificationService, local_account: LocalAccount, operation: str) -> SdkCaller:
    return SdkCaller(service, local_account.key, operation)


@pytest.fixture(params=["long-lived key", "temporary key"])
def caller(
    request: pytest.FixtureRequest,
    service: IdVerificationService,
    local_account: LocalAccount,
    operation: str,
) -> SdkCaller:
    temporary = request.param == "temporary key"
    return SdkCaller(
        service, local_account.issue_temporary_key() if temporary else local_account.key, operation
    )


@pytest.mark.parametrize("client", ["detect", "detect_async"])
@pytest.mark.parametrize("inline", [False, True])
def test_every_way_of_calling_succeeds(
    caller: SdkCaller, files: FileServer, portrait: bytes, client: str, inline: bool
) -> None:
    url = files.put("/selfies/a.jpg", portrait) + "?Signature=a%2Bb%2F%3D&Expires=1"
    parameters = (
        {"face_base_64": base64.b64encode(portrait).decode()} if inline else {"face_url": url}
    )
    response = getattr(caller, client)(**parameters)
    assert response["statusCode"] == 200
    assert response["headers"]["x-facescreen-stand-in"] == "local stand-in: not a forgery detector"
    body = response["body"]
    result = body.pop("ResultObject")
    assert re.fullmatch(r"[0-9A-F-]{36}", body.pop("RequestId"))
    assert body == {"Code": "Success", "Message": "success"}
    assert re.fullmatch(r"local-stand-in-[0-9a-f]{32}", result.pop("TransactionId"))
    assert result == {"Result": "0", "RiskTag": "", "RiskScore": {}}


def test_keepalive_succeeds_and_is_not_recorded(
    sdk: SdkCaller, service: IdVerificationService
) -> None:
    body = sdk.client.keepalive_intl().to_map()["body"]
    assert (body["Code"], body["Result"]) == ("Success", {"Result": "SUCCESS"})
    assert service.calls == []


def test_a_presigned_url_is_requested_unchanged(
    sdk: SdkCaller, files: FileServer, portrait: bytes
) -> None:
    path = "/selfies/a%2Bb%20%C3%A4%28.jpg"
    query = "?x-oss-process=image%2Fauto-orient%2C1&Signature=a%2Bb%2F%3D~"
    sdk.detect(face_url=files.put(path, portrait) + query)
    assert files.requested_paths == [path + query]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("portrait.jpg", None),
        ("sideways-phone.jpg", None),
        ("flagged.jpg", None),
        ("clip.mp4", None),
        ("clip.mov", None),
        ("no-face.jpg", "NoFaceDetected"),
        ("blurred.jpg", "UnqualifiedPhoto"),
        ("portrait.png", "UnqualifiedPhoto"),
        ("12-megapixel.jpg", "UnqualifiedPhoto"),
        ("not-an-image.jpg", "UnqualifiedPhoto"),
    ],
)
def test_each_sample_has_the_services_code(
    sdk: SdkCaller,
    files: FileServer,
    samples: dict[str, SampleFile],
    file: str,
    expected: str | None,
) -> None:
    url = files.put("/" + file, samples[file].path.read_bytes())
    kind = "VIDEO" if file.startswith("clip") else "IMAGE"
    if expected is None:
        assert sdk.detect(face_url=url, face_input_type=kind)["body"]["Code"] == "Success"
    else:
        assert sdk.refusal(face_url=url, face_input_type=kind) == (401, expected)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"product_code": "ID_VERIFY"}, "InvalidParameter"),
        ({"product_code": ""}, "MissingParameter"),
        ({"scene_code": "short"}, "InvalidParameter"),
        ({"scene_code": "scene-0001"}, "InvalidParameter"),
        ({"scene_code": "scene_0001\n"}, "InvalidParameter"),
        ({"scene_code": ""}, "MissingParameter"),
        ({"merchant_biz_id": MERCHANT_BIZ_ID + "0"}, "InvalidParameter"),
        ({"merchant_biz_id": MERCHANT_BIZ_ID[:31] + "_"}, "InvalidParameter"),
        ({"merchant_biz_id": ""}, "MissingParameter"),
        ({"face_input_type": "image"}, "InvalidParameter"),
        ({"face_url": ""}, "MissingParameter"),
        ({"face_url": "file:///etc/passwd"}, "InvalidParameter"),
        ({"face_url": "oss://selfies/a.jpg"}, "InvalidParameter"),
        ({"face_url": "http://127.0.0.1:99999/"}, "InvalidParameter"),
        ({"face_url": "http://127.0.0.1/a b"}, "InvalidParameter"),
        ({"face_url": "", "face_base_64": "%%%"}, "InvalidParameter"),
        ({"face_url": "", "face_base_64": "AAAA", "face_input_type": "VIDEO"}, "InvalidParameter"),
    ],
)
def test_invalid_parameters_are_refused(
    sdk: SdkCaller, files: FileServer, portrait: bytes, overrides: dict[str, str], expected: str
) -> None:
    good = {"face_url": files.put("/a.jpg", portrait)}
    assert sdk.refusal(**{**good, **overrides}) == (400, expected)
    assert files.requested_paths == []


def test_url_and_base64_together_are_refused(sdk: SdkCaller) -> None:
    parameters = {"face_url": "http://127.0.0.1/x.jpg", "face_base_64": "AAAA"}
    assert sdk.refusal(**parameters) == (401, "DataDuplication")


def test_base64_may_hold_one_megabyte(sdk: SdkCaller, portrait: bytes) -> None:
    full = portrait + b"\0" * (1024 * 1024 - len(portrait))
    assert sdk.detect(face_base_64=base64.b64encode(full).decode())["body"]["Code"] == "Success"
    over = base64.b64encode(full + b"\0").decode()
    assert sdk.refusal(face_base_64=over) == (401, "ToolargeImage")


def test_a_download_may_have_ten_megabytes(
    sdk: SdkCaller, files: FileServer, portrait: bytes
) -> None:
    full = portrait + b"\0" * (TEN_MB - len(portrait))
    assert sdk.detect(face_url=files.put("/full.jpg", full))["body"]["Code"] == "Success"
    url = files.put("/over.jpg", full + b"\0")
    assert sdk.refusal(face_url=url) == (401, "ToolargeImage")


def test_a_slow_download_times_out(sdk: SdkCaller, files: FileServer, portrait: bytes) -> None:
    url = files.put("/a.jpg", portrait)
    files.behaviour = Behaviour(latency_ms=800)
    assert sdk.refusal(face_url=url) == (401, "DownloadTimeout")


@pytest.mark.parametrize("url", ["{files}/gone.jpg", "http://127.0.0.1:1/", "http://a..b/"])
def test_a_failed_download_is_a_timeout_error(sdk: SdkCaller, files: FileServer, url: str) -> None:
    assert sdk.refusal(face_url=url.format(files=files.url)) == (401, "DownloadTimeout")


def test_an_interrupted_download_is_a_timeout_error(sdk: SdkCaller, files: FileServer) -> None:
    files.behaviour = Behaviour(faults=[Fault(reset=True)])
    assert sdk.refusal(face_url=files.url + "/a.jpg") == (401, "DownloadTimeout")


def test_the_input_type_must_match_the_content(
    sdk: SdkCaller, files: FileServer, samples: dict[str, SampleFile]
) -> None:
    clip = files.put("/clip.mp4", samples["clip.mp4"].path.read_bytes())
    photo = files.put("/photo.jpg", samples["12-megapixel.jpg"].path.read_bytes())
    assert sdk.refusal(face_url=clip) == (401, "UnqualifiedPhoto")
    assert sdk.refusal(face_url=photo, face_input_type="VIDEO") == (400, "InvalidParameter")


def test_calls_beyond_the_quota_are_throttled(
    sdk: SdkCaller, service: IdVerificationService
) -> None:
    service.behaviour = Behaviour(quota=3)
    good = {"face_base_64": "AAAA"}
    codes = [sdk.refusal(**good) for _ in range(5)]
    assert codes == [(401, "UnqualifiedPhoto")] * 3 + [(403, "Throttling.Api")] * 2


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalError", 500),
        ("Forbidden.RAMUserAccessDenied", 403),
        ("Forbidden.AccountAccessDenied", 403),
    ],
)
def test_scripted_errors_have_the_documented_status(
    sdk: SdkCaller, service: IdVerificationService, code: str, status: int
) -> None:
    fault = Fault(operation=sdk.operation, code=code)
    service.behaviour = Behaviour(faults=[fault])
    assert sdk.refusal(face_base_64="AAAA") == (status, code)
    assert service.calls == []


def test_calls_are_recorded_without_secrets(
    sdk: SdkCaller, service: IdVerificationService, files: FileServer, portrait: bytes
) -> None:
    path = "/selfies/2026/a%20b.jpg"
    sdk.detect(face_url=files.put(path, portrait) + "?Signature=secret")
    sdk.refusal(face_url=files.url + "/selfies/gone.jpg?Signature=secret")
    sdk.refusal(face_base_64="AAAA")
    sdk.refusal(face_url="https://user:secret@localhost:1/a.jpg?Signature=secret")
    calls = service.calls
    assert [(call.object, call.code, call.billed) for call in calls] == [
        ("oss://selfies/2026/a b.jpg", "Success", True),
        ("oss://selfies/gone.jpg", "DownloadTimeout", False),
        ("", "UnqualifiedPhoto", False),
        ("https://localhost:1/a.jpg", "DownloadTimeout", False),
    ]
    assert {call.merchant_biz_id for call in calls} == {MERCHANT_BIZ_ID}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", calls[0].time)
    assert "secret" not in repr(calls)
    service.reset()
    assert service.calls == []


def test_concurrent_calls_succeed(
    sdk: SdkCaller, service: IdVerificationService, portrait: bytes
) -> None:
    inline = base64.b64encode(portrait).decode()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sdk.detect(face_base_64=inline), range(24)))
    assert {response["body"]["Code"] for response in answers} == {"Success"}
    assert len(service.calls) == 24
