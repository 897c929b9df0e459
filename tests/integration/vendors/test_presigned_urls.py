"""Presigned URLs that were tampered with or have expired, whichever SDK signed them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import alibabacloud_oss_v2
import httpx
import pytest
from alibabacloud_cloudauth_intl20220809.models import DeepfakeDetectIntlRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from tests.integration.vendors import clients, clocks
from tests.integration.vendors.clients import Told
from tests.support.cloud_client import LocalCloudClient

Sign = Callable[[], str]

KEY = "signed-for.jpg"
VALID_S = 60


def by_oss2(signature: str, told: Told) -> str:
    url: str = clients.oss2_bucket(told, signature).sign_url("GET", KEY, VALID_S)
    return url


def by_oss_v2(signature: str, told: Told) -> str:
    request = alibabacloud_oss_v2.GetObjectRequest(bucket=told["OSS_BUCKET"], key=KEY)
    signed = clients.oss_v2(told, signature).presign(request, expires=timedelta(seconds=VALID_S))
    return str(signed.url)


SIGNERS = {
    "oss2 V1": partial(by_oss2, "v1"),
    "oss2 V4": partial(by_oss2, "v4"),
    "oss-v2 V1": partial(by_oss_v2, "v1"),
    "oss-v2 V4": partial(by_oss_v2, "v4"),
}


@pytest.fixture(params=SIGNERS)
def sign(request: pytest.FixtureRequest, told: Told) -> Sign:
    return partial(SIGNERS[request.param], told)


@pytest.fixture(scope="module", autouse=True)
def photo(cloud_client: LocalCloudClient, samples: Path) -> bytes:
    """What stands under `KEY`."""
    photo = (samples / "flagged.jpg").read_bytes()
    cloud_client.put(KEY, photo)
    return photo


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def refusal_as_face_url(url: str, told: Told) -> str:
    """ID Verification's code for a URL that it must not be able to read."""
    request = DeepfakeDetectIntlRequest(**clients.DETECTION, face_url=url)
    with pytest.raises(AlibabaCloudException) as raised:
        clients.cloudauth(told).deepfake_detect_intl(request)
    return str(raised.value.code)


def test_a_url_that_is_tampered_with(sign: Sign, told: Told, photo: bytes) -> None:
    url = sign()
    assert httpx.get(url).content == photo
    another = url.replace(KEY, "yours.jpg")
    for answer in (
        httpx.get(another),
        httpx.get(f"{url}&x-oss-process=image%2Finfo"),
        httpx.delete(url),
    ):
        assert refusal(answer) == (403, "SignatureDoesNotMatch")
    assert refusal_as_face_url(another, told) == "DownloadTimeout"


def test_a_url_that_has_expired(sign: Sign, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patching:
        clocks.set_back(patching)
        url = sign()
    answer = httpx.get(url)
    assert refusal(answer) == (403, "AccessDenied")
    assert "Request has expired." in answer.text
    assert refusal_as_face_url(url, told) == "DownloadTimeout"
