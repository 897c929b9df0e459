"""Presigned URLs that were tampered with or have expired, whichever SDK signed them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import alibabacloud_oss_v2
import httpx
import pytest
from alibabacloud_cloudauth_intl20220809.models import DeepfakeDetectIntlRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from . import clients, clocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.pipeline.outside import Outside

    from .clients import Told

    Sign = Callable[[Told, str], str]

KEY = "signed-for.jpg"
VALID_S = 60


def by_oss2(told: Told, signature: str) -> str:
    url: str = clients.oss2_bucket(told, signature).sign_url("GET", KEY, VALID_S)
    return url


def by_oss_v2(told: Told, signature: str) -> str:
    request = alibabacloud_oss_v2.GetObjectRequest(bucket=told["OSS_BUCKET"], key=KEY)
    signed = clients.oss_v2(told, signature).presign(request, expires=timedelta(seconds=VALID_S))
    return str(signed.url)


@pytest.fixture(params=["v1", "v4"])
def signature(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[by_oss2, by_oss_v2])
def url(request: pytest.FixtureRequest, signature: str, told: Told) -> str:
    return str(request.param(told, signature))


@pytest.fixture(params=[by_oss2, by_oss_v2])
def expired(
    request: pytest.FixtureRequest, signature: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> str:
    with monkeypatch.context() as patching:
        clocks.set_back(patching)
        return str(request.param(told, signature))


@pytest.fixture(scope="module", autouse=True)
def photo(outside: Outside, samples: Path) -> bytes:
    """What stands under `KEY`."""
    photo = (samples / "flagged.jpg").read_bytes()
    outside.put(KEY, photo)
    return photo


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def code_of_detection(told: Told, url: str) -> str:
    """What ID Verification says of a FaceUrl that it must not be able to read."""
    request = DeepfakeDetectIntlRequest(
        product_code="FACE_DEEPFAKE",
        scene_code="local_0001",
        merchant_biz_id="e0c34a77f5ac40a5aa5e6ed20c000001",
        face_url=url,
    )
    with pytest.raises(AlibabaCloudException) as raised:
        clients.cloudauth(told).deepfake_detect_intl(request)
    return str(raised.value.code)


def test_a_url_that_is_tampered_with(told: Told, url: str, photo: bytes) -> None:
    assert httpx.get(url).content == photo
    not_matching = (403, "SignatureDoesNotMatch")
    assert refusal(httpx.get(other := url.replace(KEY, "yours.jpg"))) == not_matching
    assert refusal(httpx.get(f"{url}&x-oss-process=image%2Finfo")) == not_matching
    assert refusal(httpx.delete(url)) == not_matching
    assert code_of_detection(told, other) == "DownloadTimeout"


def test_a_url_that_has_expired(told: Told, expired: str) -> None:
    answer = httpx.get(expired)
    assert refusal(answer) == (403, "AccessDenied")
    assert "Request has expired." in answer.text
    assert code_of_detection(told, expired) == "DownloadTimeout"
