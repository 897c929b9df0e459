"""alibabacloud-cloudauth-intl20220809, with its blocking and its asynchronous methods."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_cloudauth_intl20220809 import models
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from darabonba.runtime import RuntimeOptions

from tests.integration.vendors import clients
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient

Call = Callable[..., Any]

REQUESTS = {
    "deepfake_detect_intl": models.DeepfakeDetectIntlRequest,
    "deepfake_detect_intl_stream": models.DeepfakeDetectIntlStreamRequest,
}


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, env: Env) -> Call:
    """Calls a method or its asynchronous variant, and returns the response's body."""
    client = clients.cloudauth(env)
    if request.param == "sync":
        return lambda method, *given: getattr(client, method)(*given).body
    return lambda method, *given: asyncio.run(getattr(client, f"{method}_async")(*given)).body


def assert_flagged(response: Any) -> None:
    assert response.code == "Success"
    detection = response.result_object
    assert (detection.result, detection.risk_tag) == ("1", "SuspectDeepForgery")
    assert detection.transaction_id.startswith("local-stand-in-")


@pytest.mark.parametrize("method", REQUESTS)
def test_a_photo_is_sent_by_url(
    call: Call, method: str, key: str, cloud_client: LocalCloudClient, samples: Path
) -> None:
    cloud_client.put(key, (samples / "flagged.jpg").read_bytes())
    url = cloud_client.bucket.sign_url("GET", key, 60)
    assert_flagged(call(method, REQUESTS[method](**clients.DETECTION, face_url=url)))


@pytest.mark.parametrize("method", REQUESTS)
def test_a_photo_is_sent_in_the_request(call: Call, method: str, samples: Path) -> None:
    inline = base64.b64encode((samples / "flagged.jpg").read_bytes()).decode()
    assert_flagged(call(method, REQUESTS[method](**clients.DETECTION, face_base_64=inline)))


def test_a_photo_is_uploaded_first(call: Call, samples: Path) -> None:
    with (samples / "flagged.jpg").open("rb") as photo:
        request = models.DeepfakeDetectIntlStreamAdvanceRequest(
            **clients.DETECTION, face_file_object=photo
        )
        assert_flagged(call("deepfake_detect_intl_stream_advance", request, RuntimeOptions()))


def test_a_photo_without_a_face_is_refused(call: Call, samples: Path) -> None:
    inline = base64.b64encode((samples / "no-face.jpg").read_bytes()).decode()
    with pytest.raises(AlibabaCloudException) as raised:
        call(
            "deepfake_detect_intl",
            models.DeepfakeDetectIntlRequest(**clients.DETECTION, face_base_64=inline),
        )
    assert (raised.value.status_code, raised.value.code) == (401, "NoFaceDetected")


def test_the_connection_is_kept_warm(call: Call) -> None:
    response = call("keepalive_intl")
    assert (response.code, response.result.result) == ("Success", "SUCCESS")
