"""POST /v1/screenings in every form, and which calls are paid for."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.api.conftest import SETTINGS
from tests.support.cloud_client import LocalCloudClient, run_versioned_cloud

PATH = "/v1/screenings"


@pytest.fixture(scope="module")
def running_cloud(cloud_folder: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with run_versioned_cloud(cloud_folder, **SETTINGS) as cloud_and_client:
        yield cloud_and_client


def with_other_bytes(data: bytes, mark: str) -> bytes:
    """Return the same picture with other bytes, because bytes screened before cost nothing."""
    return data + mark.encode()


def script_fault(cloud_client: LocalCloudClient, code: str, **more: Any) -> None:
    cloud_client.set_behaviour(cloudauth={"faults": [{"code": code, "times": 99, **more}]})


@pytest.mark.parametrize("name", ["flagged.jpg", "clip.mp4", "clip.mov"])
@pytest.mark.parametrize("form", ["body", "octets", "form", "base64"])
def test_a_file_is_screened_in_every_form_of_body(
    name: str, form: str, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    data = files[name]
    types = {"jpg": "image/jpeg", "mp4": "video/mp4", "mov": "video/quicktime"}
    if form == "form":
        response = api.post(PATH, files={"file": (name, data)})
    elif form == "base64":
        response = api.post(PATH, json={"base64": base64.b64encode(data).decode()})
    else:
        kind = types[name[-3:]] if form == "body" else "application/octet-stream"
        response = api.post(PATH, content=data, headers={"Content-Type": kind})
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["verdict"] == ("high_risk" if name == "flagged.jpg" else "low_risk")
    assert body["object"] is None
    assert body["media"]["type"] == types[name[-3:]]
    assert len(cloud_client.billed_calls()) <= 1


def test_an_object_is_tagged_only_if_write_back_is_set(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(fc={"delay_ms": 6000})  # delays the upload's own event
    cloud_client.put("asked.jpg", with_other_bytes(files["flagged.jpg"], "asked"), {"team": "kyc"})
    request = {"object": {"bucket": cloud_client.env["OSS_BUCKET"], "key": "asked.jpg"}}
    body = api.post(PATH, json=request).json()
    assert body["tagging"]["status"] == "not_asked"
    assert cloud_client.tags("asked.jpg") == {"team": "kyc"}
    body = api.post(PATH, json={**request, "write_back": True}).json()
    assert body["tagging"]["status"] == "written"
    assert cloud_client.tags("asked.jpg")["deepfake-verdict"] == body["verdict"]
    assert (
        cloud_client.wait_for_message("asked.jpg")["data"]["merchant_biz_id"]
        == body["merchant_biz_id"]
    )
    assert len(cloud_client.billed_calls("asked.jpg")) == 1
    current = api.get(PATH, params=request["object"]).json()
    assert (current["verdict"], current["tagging"]["status"]) == (body["verdict"], "written")


@pytest.mark.parametrize("key", ["kyc/é 1+1%.jpg", "a//b?c=d&e#f.jpg", "人 🙂,x.jpg"])
def test_an_object_with_an_unusual_key_is_found(
    key: str, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.put(key, files["portrait.jpg"])
    cloud_client.wait_for_message(key)
    body = api.get(PATH, params={"bucket": cloud_client.env["OSS_BUCKET"], "key": key}).json()
    assert body["object"]["key"] == key


def test_the_same_bytes_sent_concurrently_are_paid_for_once(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(cloudauth={"latency_ms": 300})
    data = with_other_bytes(files["portrait.jpg"], "race")
    with ThreadPoolExecutor(5) as racers:
        answers = list(racers.map(lambda _: api.post(PATH, files={"file": data}), range(5)))
    assert [response.status_code for response in answers] == [200] * 5
    assert len({response.json()["merchant_biz_id"] for response in answers}) == 1
    assert len(cloud_client.billed_calls()) == 1


def test_an_idempotency_key_prevents_a_second_paid_call(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.put("keyed.jpg", files["portrait.jpg"])
    cloud_client.wait_for_message("keyed.jpg")
    paid = len(cloud_client.billed_calls())
    headers = {"Idempotency-Key": "case-1"}
    for _ in range(2):
        url = cloud_client.bucket.sign_url("GET", "keyed.jpg", 60)
        assert api.post(PATH, json={"url": url}, headers=headers).status_code == 200
    assert len(cloud_client.billed_calls()) == paid + 1


def test_an_idempotency_key_is_refused_for_other_content(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    """Another object, another version or conversion of it, another kind, another way to name it."""

    def sign(key: str = "a.jpg", **params: str) -> str:
        url: str = cloud_client.bucket.sign_url("GET", key, 60, params=params)
        return url

    headers = {"Idempotency-Key": "case-2"}
    api.post(PATH, json={"url": sign(versionId="v1")}, headers=headers)
    paid = len(cloud_client.billed_calls())
    for other in (
        {"url": sign("b.jpg", versionId="v1")},
        {"url": sign(versionId="v2")},
        {"url": sign()},
        {"url": sign(**{"versionId": "v1", "x-oss-process": "image/resize,w_400"})},
        {"url": sign(versionId="v1"), "kind": "video"},
        {"object": {"bucket": cloud_client.env["OSS_BUCKET"], "key": "a.jpg"}},
        {"base64": base64.b64encode(files["portrait.jpg"]).decode()},
    ):
        response = api.post(PATH, json=other, headers=headers)
        assert (response.status_code, response.json()["code"]) == (422, "IdempotencyKeyReused")
    assert len(cloud_client.billed_calls()) == paid


def test_the_callers_request_id_is_returned(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.get("/v1/health", headers={"X-Request-Id": "case:4711"})
    assert response.headers["X-Request-Id"] == "case:4711"
    rejected = api.get("/v1/health", headers={"X-Request-Id": "a b"})
    assert (rejected.status_code, rejected.json()["code"]) == (400, "InvalidHeader")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("no-face.jpg", "NoFaceDetected"),
        ("blurred.jpg", "UnqualifiedPhoto"),
        ("not-an-image.jpg", "UnqualifiedPhoto"),
        ("long-clip.mp4", "InvalidParameter"),
        ("portrait.png", "UnqualifiedPhoto"),
    ],
)
def test_content_that_cannot_be_screened_is_a_422(
    name: str, code: str, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    response = api.post(PATH, files={"file": files[name]})
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["code"], problem["matter"]) == (code, "content")
    assert problem["screening"]["verdict"] == "unscreenable"
    assert problem["screening"]["retake"] is True
    assert cloud_client.billed_calls() == []


@dataclass(frozen=True)
class ErrorMapping:
    code: str
    status: int
    """Of the service's response."""
    http: int
    """Of the API's response."""
    matter: str


@pytest.mark.parametrize(
    "case",
    [
        ErrorMapping("Throttling.Api", 403, 429, "service"),
        ErrorMapping("InternalError", 500, 503, "service"),
        ErrorMapping("ServiceUnavailable", 503, 503, "service"),
        ErrorMapping("DownloadTimeout", 401, 504, "caller"),
        ErrorMapping("Forbidden.RAMUserAccessDenied", 403, 500, "operator"),
        ErrorMapping("Forbidden.AccountAccessDenied", 403, 500, "operator"),
        ErrorMapping("InvalidParameter", 400, 500, "operator"),
        ErrorMapping("MissingParameter", 400, 500, "operator"),
        ErrorMapping("DataDuplication", 401, 500, "operator"),
        ErrorMapping("InvalidAction.NotFound", 404, 500, "operator"),
        ErrorMapping("InvalidVersion", 400, 500, "operator"),
        ErrorMapping("InvalidAccessKeyId.NotFound", 404, 500, "operator"),
        ErrorMapping("SignatureDoesNotMatch", 400, 500, "operator"),
        ErrorMapping("IncompleteSignature", 400, 500, "operator"),
        ErrorMapping("InvalidSecurityToken.Expired", 400, 503, "service"),
        ErrorMapping("InvalidTimeStamp.Expired", 400, 503, "service"),
        ErrorMapping("SignatureNonceUsed", 400, 503, "service"),
        ErrorMapping("NoFaceDetected", 401, 422, "content"),
        ErrorMapping("UnqualifiedPhoto", 401, 422, "content"),
        ErrorMapping("ToolargeImage", 401, 422, "content"),
    ],
    ids=lambda case: case.code,
)
def test_each_code_of_the_service_has_a_status_and_a_matter(
    case: ErrorMapping, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    script_fault(cloud_client, case.code, status=case.status, operation="DeepfakeDetectIntlStream")
    response = api.post(PATH, files={"file": with_other_bytes(files["portrait.jpg"], case.code)})
    problem = response.json()
    actual = (response.status_code, problem["code"], problem["matter"])
    assert actual == (case.http, case.code, case.matter)
    assert problem["remedy"]
    assert ("Retry-After" in response.headers) == (case.http in (429, 503))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "the body is not valid JSON"),
        (b"[]", "the body must be a JSON object"),
        (b"{}", "exactly one of object, url and base64"),
        (b'{"url": "https://a.example/", "base64": "AA=="}', "exactly one of"),
        (b'{"base64": "*"}', "base64 is not valid Base64"),
        (b'{"base64": ""}', "the file is empty"),
        (b'{"base64": "AAAA", "kind": "image"}', "'kind' is not a known field"),
        (b'{"url": 1}', "url must be a URL"),
        (b'{"url": "https://a.example/", "kind": "audio"}', "kind must be image or video"),
        (b'{"object": {"bucket": "selfies"}}', "key must be an object key"),
        (b'{"object": {"bucket": "B", "key": "a"}}', "bucket must be a valid bucket name"),
        (b'{"object": {"bucket": "selfies", "key": "\\ud800"}}', "half a surrogate pair"),
        (b'{"object": {"bucket": "selfies", "key": "a"}, "write_back": 1}', "true or false"),
        (b"[" * 100_000, "the body is not valid JSON"),
    ],
)
def test_an_invalid_body_is_refused_with_the_reason(
    body: bytes, expected: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    response = api.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert expected in response.json()["detail"]
    assert response.json()["matter"] == "caller"


def test_missing_objects_paths_and_methods_are_refused(
    api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    bucket = cloud_client.env["OSS_BUCKET"]
    for response in (
        api.post(PATH, json={"object": {"bucket": bucket, "key": "nowhere"}}),
        api.get(PATH, params={"bucket": bucket, "key": "nowhere"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "NoSuchKey")
    state = api.post(PATH, json={"object": {"bucket": "facescreen-state", "key": "a"}})
    assert (state.status_code, state.json()["code"]) == (403, "AccessDenied")
    assert api.get("/nothing").json()["code"] == "NotFound"
    rejected = api.request("DELETE", PATH)
    assert (rejected.status_code, rejected.headers["Allow"]) == (405, "GET, POST")
    strange = api.post(PATH, content=b"x", headers={"Content-Type": "text/plain"})
    assert strange.status_code == 415
