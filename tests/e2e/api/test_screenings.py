"""POST /v1/screenings in every form, and what is paid for."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.cloud_client import LocalCloudClient

PATH = "/v1/screenings"


def fresh(data: bytes, mark: str) -> bytes:
    """The same picture in other bytes: what was screened before costs nothing."""
    return data + mark.encode()


def scripted(cloud_client: LocalCloudClient, code: str, **more: Any) -> None:
    cloud_client.set_behaviour(cloudauth={"faults": [{"code": code, "times": 99, **more}]})


@pytest.mark.parametrize("name", ["flagged.jpg", "clip.mp4", "clip.mov"])
@pytest.mark.parametrize("form", ["body", "octets", "form", "base64"])
def test_a_file(
    name: str, form: str, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    data = files[name]
    types = {"jpg": "image/jpeg", "mp4": "video/mp4", "mov": "video/quicktime"}
    if form == "form":
        answer = api.post(PATH, files={"file": (name, data)})
    elif form == "base64":
        answer = api.post(PATH, json={"base64": base64.b64encode(data).decode()})
    else:
        kind = types[name[-3:]] if form == "body" else "application/octet-stream"
        answer = api.post(PATH, content=data, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["verdict"] == ("high_risk" if name == "flagged.jpg" else "low_risk")
    assert told["object"] is None
    assert told["media"]["type"] == types[name[-3:]]
    assert len(cloud_client.billed_calls()) <= 1


def test_an_object_without_a_trace_and_then_with(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(fc={"delay_ms": 4000})  # the upload's own event comes later
    cloud_client.put("asked.jpg", fresh(files["flagged.jpg"], "asked"), {"team": "kyc"})
    asked = {"object": {"bucket": cloud_client.env["OSS_BUCKET"], "key": "asked.jpg"}}
    told = api.post(PATH, json=asked).json()
    assert told["tagging"]["status"] == "not_asked"
    assert cloud_client.tags("asked.jpg") == {"team": "kyc"}
    told = api.post(PATH, json={**asked, "write_back": True}).json()
    assert told["tagging"]["status"] == "written"
    assert cloud_client.tags("asked.jpg")["deepfake-verdict"] == told["verdict"]
    assert (
        cloud_client.wait_for_message("asked.jpg")["data"]["merchant_biz_id"]
        == told["merchant_biz_id"]
    )
    assert len(cloud_client.billed_calls("asked.jpg")) == 1
    stands = api.get(PATH, params=asked["object"]).json()
    assert (stands["verdict"], stands["tagging"]["status"]) == (told["verdict"], "written")


@pytest.mark.parametrize("key", ["kyc/é 1+1%.jpg", "a//b?c=d&e#f.jpg", "人 🙂,x.jpg"])
def test_an_object_whatever_its_key(
    key: str, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.put(key, files["portrait.jpg"])
    cloud_client.wait_for_message(key)
    told = api.get(PATH, params={"bucket": cloud_client.env["OSS_BUCKET"], "key": key}).json()
    assert told["object"]["key"] == key


def test_the_same_bytes_at_one_instant_are_paid_for_once(
    api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    cloud_client.set_behaviour(cloudauth={"latency_ms": 300})
    data = fresh(files["portrait.jpg"], "race")
    with ThreadPoolExecutor(5) as racers:
        answers = list(racers.map(lambda _: api.post(PATH, files={"file": data}), range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.json()["merchant_biz_id"] for answer in answers}) == 1
    assert len(cloud_client.billed_calls()) == 1


def test_an_idempotency_key(
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
    other = api.post(PATH, json={"url": url.replace("keyed", "other")}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "IdempotencyKeyReused")


def test_the_callers_own_id_comes_back(api: httpx.Client, cloud_client: LocalCloudClient) -> None:
    answer = api.get("/v1/health", headers={"X-Request-Id": "case:4711"})
    assert answer.headers["X-Request-Id"] == "case:4711"
    refused = api.get("/v1/health", headers={"X-Request-Id": "a b"})
    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidHeader")


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
def test_content_that_cannot_be_screened(
    name: str, code: str, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    answer = api.post(PATH, files={"file": files[name]})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["matter"]) == (code, "content")
    assert problem["screening"]["verdict"] == "unscreenable"
    assert problem["screening"]["retake"] is True
    assert cloud_client.billed_calls() == []


@dataclass(frozen=True)
class Refusal:
    code: str
    status: int
    """Of the service."""
    http: int
    """Of the answer."""
    matter: str


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("Throttling.Api", 403, 429, "service"),
        Refusal("InternalError", 500, 503, "service"),
        Refusal("ServiceUnavailable", 503, 503, "service"),
        Refusal("DownloadTimeout", 401, 504, "caller"),
        Refusal("Forbidden.RAMUserAccessDenied", 403, 500, "operator"),
        Refusal("Forbidden.AccountAccessDenied", 403, 500, "operator"),
        Refusal("InvalidParameter", 400, 500, "operator"),
        Refusal("MissingParameter", 400, 500, "operator"),
        Refusal("DataDuplication", 401, 500, "operator"),
        Refusal("InvalidAction.NotFound", 404, 500, "operator"),
        Refusal("InvalidVersion", 400, 500, "operator"),
        Refusal("InvalidAccessKeyId.NotFound", 404, 500, "operator"),
        Refusal("SignatureDoesNotMatch", 400, 500, "operator"),
        Refusal("IncompleteSignature", 400, 500, "operator"),
        Refusal("InvalidSecurityToken.Expired", 400, 503, "service"),
        Refusal("InvalidTimeStamp.Expired", 400, 503, "service"),
        Refusal("SignatureNonceUsed", 400, 503, "service"),
        Refusal("NoFaceDetected", 401, 422, "content"),
        Refusal("UnqualifiedPhoto", 401, 422, "content"),
        Refusal("ToolargeImage", 401, 422, "content"),
    ],
    ids=lambda refusal: refusal.code,
)
def test_each_code_is_somebodys_matter(
    refusal: Refusal, api: httpx.Client, cloud_client: LocalCloudClient, files: dict[str, bytes]
) -> None:
    scripted(
        cloud_client, refusal.code, status=refusal.status, operation="DeepfakeDetectIntlStream"
    )
    answer = api.post(PATH, files={"file": fresh(files["portrait.jpg"], refusal.code)})
    problem = answer.json()
    told = (answer.status_code, problem["code"], problem["matter"])
    assert told == (refusal.http, refusal.code, refusal.matter)
    assert problem["remedy"]
    assert ("Retry-After" in answer.headers) == (refusal.http in (429, 503))


@pytest.mark.parametrize(
    ("body", "says"),
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
def test_a_wrong_body_is_told_what_is_wrong(
    body: bytes, says: str, api: httpx.Client, cloud_client: LocalCloudClient
) -> None:
    answer = api.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert answer.json()["matter"] == "caller"


def test_what_is_not_there(api: httpx.Client, cloud_client: LocalCloudClient) -> None:
    bucket = cloud_client.env["OSS_BUCKET"]
    for answer in (
        api.post(PATH, json={"object": {"bucket": bucket, "key": "nowhere"}}),
        api.get(PATH, params={"bucket": bucket, "key": "nowhere"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "NoSuchKey")
    state = api.post(PATH, json={"object": {"bucket": "facescreen-state", "key": "a"}})
    assert (state.status_code, state.json()["code"]) == (403, "AccessDenied")
    assert api.get("/nothing").json()["code"] == "NotFound"
    refused = api.request("DELETE", PATH)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")
    strange = api.post(PATH, content=b"x", headers={"Content-Type": "text/plain"})
    assert strange.status_code == 415
