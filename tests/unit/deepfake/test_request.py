"""What leaves the client."""

from __future__ import annotations

import base64
import re
from typing import Any

import httpx
import pytest

from facescreen import errors
from facescreen.deepfake.client import DeepfakeClient
from facescreen.model import Verdict
from tests.unit.deepfake.service import BIZ_ID, KEY, URL, Service, client, detect, form, success


def test_one_call_as_the_vendors_sdk_makes_it() -> None:
    service = Service(success("1", RiskTag="SuspectDeepForgery,SuspectTemple",
                              RiskScore={"SuspectDeepForgery": "0.96"}))  # fmt: skip
    detection = detect(service, kind="video")
    (request,) = service.asked
    assert request.method == "POST"
    assert request.url.path == "/"
    assert dict(request.url.params) == {
        "FaceInputType": "VIDEO",
        "FaceUrl": URL,
        "MerchantBizId": BIZ_ID,
        "ProductCode": "FACE_DEEPFAKE",
        "SceneCode": "onboard_01",
    }
    assert request.headers["x-acs-action"] == "DeepfakeDetectIntl"
    assert request.headers["x-acs-security-token"] == "CAIStoken"
    assert request.content == b""
    assert detection.verdict is Verdict.HIGH_RISK
    assert detection.risk_tags == ("SuspectDeepForgery", "SuspectTemple")
    assert detection.risk_scores == {"SuspectDeepForgery": 0.96}
    assert (detection.request_id, detection.transaction_id) == ("REQ-1", "TX-1")


def test_base64_goes_in_the_body() -> None:
    service = Service(success())
    detect(service, url="", base64="/9j/AA==")
    (request,) = service.asked
    assert request.content == b"FaceBase64=%2F9j%2FAA%3D%3D"
    assert "FaceUrl" not in request.url.params


def test_without_an_id_one_is_made() -> None:
    service = Service(success(), success())
    for _ in range(2):
        detect(service, merchant_biz_id="")
    made = [request.url.params["MerchantBizId"] for request in service.asked]
    assert all(re.fullmatch("fs[A-Za-z0-9]{30}", one) for one in made)
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"merchant_biz_id": "short"}, "MerchantBizId must be 32 letters or digits"),
        ({"kind": "audio"}, "FaceInputType must be image or video"),
        ({"base64": "AAAA"}, "exactly one of FaceUrl, FaceBase64 and FaceFile"),
        ({"url": ""}, "exactly one of FaceUrl, FaceBase64 and FaceFile"),
        ({"url": "", "base64": "*"}, "FaceBase64 is not valid Base64"),
        ({"url": "", "base64": "é"}, "FaceBase64 is not valid Base64"),
        ({"url": "", "base64": "AAAA", "kind": "video"}, "a video can't be sent in Base64"),
        (
            {"url": "", "base64": base64.b64encode(bytes(1024 * 1024 + 1)).decode()},
            "an image in Base64 may have at most 1048576 bytes; this one has 1048577",
        ),
        ({"url": "ftp://x/y"}, "FaceUrl must be an http or https URL"),
        ({"url": "https:///a"}, "FaceUrl must be an http or https URL"),
        ({"url": "https://["}, "FaceUrl is not a URL"),
        ({"url": "https://x/" + "a" * 9000}, "FaceUrl must be percent-encoded"),
        ({"url": "https://x/é"}, "FaceUrl must be percent-encoded"),
    ],
)
def test_a_bad_parameter_never_leaves(parameters: dict[str, Any], says: str) -> None:
    service = Service()
    with pytest.raises(errors.RequestRejectedError, match=says):
        detect(service, **parameters)
    assert not service.asked


def test_a_bad_scene_code_never_leaves() -> None:
    service = Service()
    http = httpx.Client(transport=httpx.MockTransport(service))
    it = DeepfakeClient(scene_code="nine_char", credentials=KEY, http=http)
    with it, pytest.raises(errors.RequestRejectedError, match="SceneCode must be 10"):
        it.detect(url=URL)


def test_stream_keeps_everything_out_of_the_request_line() -> None:
    service = Service(success())
    with client(service) as it:
        it.detect_stream(url=URL, merchant_biz_id=BIZ_ID)
    (request,) = service.asked
    assert request.headers["x-acs-action"] == "DeepfakeDetectIntlStream"
    assert request.url.query == b""
    assert form(request) == {
        "FaceInputType": "IMAGE",
        "FaceUrl": URL,
        "MerchantBizId": BIZ_ID,
        "ProductCode": "FACE_DEEPFAKE",
        "SceneCode": "onboard_01",
    }
