"""The requests that the client sends."""

from __future__ import annotations

import base64
import re
from typing import Any

import httpx
import pytest

from facescreen import errors
from facescreen.deepfake.client import DeepfakeClient
from facescreen.model import Verdict
from tests.unit.deepfake.stub_service import (
    BIZ_ID,
    KEY,
    URL,
    StubService,
    create_client,
    detect_once,
    parse_form,
    success_response,
)


def test_a_call_has_the_form_of_the_vendors_sdk() -> None:
    service = StubService(success_response("1", RiskTag="SuspectDeepForgery,SuspectTemple",
                              RiskScore={"SuspectDeepForgery": "0.96"}))  # fmt: skip
    detection = detect_once(service, kind="video")
    (request,) = service.requests
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


def test_base64_is_sent_in_the_body() -> None:
    service = StubService(success_response())
    detect_once(service, url="", base64="/9j/AA==")
    (request,) = service.requests
    assert request.content == b"FaceBase64=%2F9j%2FAA%3D%3D"
    assert "FaceUrl" not in request.url.params


def test_a_missing_merchant_biz_id_is_generated() -> None:
    service = StubService(success_response(), success_response())
    for _ in range(2):
        detect_once(service, merchant_biz_id="")
    biz_ids = [request.url.params["MerchantBizId"] for request in service.requests]
    assert all(re.fullmatch("fs[A-Za-z0-9]{30}", biz_id) for biz_id in biz_ids)
    assert biz_ids[0] != biz_ids[1]


@pytest.mark.parametrize(
    ("parameters", "message"),
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
def test_a_request_with_an_invalid_parameter_is_not_sent(
    parameters: dict[str, Any], message: str
) -> None:
    service = StubService()
    with pytest.raises(errors.RequestRejectedError, match=message):
        detect_once(service, **parameters)
    assert not service.requests


def test_a_request_with_an_invalid_scene_code_is_not_sent() -> None:
    service = StubService()
    http = httpx.Client(transport=httpx.MockTransport(service))
    deepfake_client = DeepfakeClient(scene_code="nine_char", credentials=KEY, http=http)
    with deepfake_client, pytest.raises(errors.RequestRejectedError, match="SceneCode must be 10"):
        deepfake_client.detect(url=URL)


def test_the_stream_operation_sends_all_parameters_in_the_body() -> None:
    service = StubService(success_response())
    with create_client(service) as deepfake_client:
        deepfake_client.detect_stream(url=URL, merchant_biz_id=BIZ_ID)
    (request,) = service.requests
    assert request.headers["x-acs-action"] == "DeepfakeDetectIntlStream"
    assert request.url.query == b""
    assert parse_form(request) == {
        "FaceInputType": "IMAGE",
        "FaceUrl": URL,
        "MerchantBizId": BIZ_ID,
        "ProductCode": "FACE_DEEPFAKE",
        "SceneCode": "onboard_01",
    }
