"""Presigned URLs of each SDK that were tampered with or have expired."""

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
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient

Sign = Callable[[], str]

KEY = "signed-for.jpg"
VALID_S = 60


def presign_with_oss2(signature: str, env: Env) -> str:
    url: str = clients.oss2_bucket(env, signature).sign_url("GET", KEY, VALID_S)
    return url


def presign_with_oss_v2(signature: str, env: Env) -> str:
    request = alibabacloud_oss_v2.GetObjectRequest(bucket=env["OSS_BUCKET"], key=KEY)
    presigned = clients.oss_v2(env, signature).presign(request, expires=timedelta(seconds=VALID_S))
    return str(presigned.url)


SIGNERS = {
    "oss2 V1": partial(presign_with_oss2, "v1"),
    "oss2 V4": partial(presign_with_oss2, "v4"),
    "oss-v2 V1": partial(presign_with_oss_v2, "v1"),
    "oss-v2 V4": partial(presign_with_oss_v2, "v4"),
}


@pytest.fixture(params=SIGNERS)
def sign(request: pytest.FixtureRequest, env: Env) -> Sign:
    return partial(SIGNERS[request.param], env)


@pytest.fixture(scope="module", autouse=True)
def photo(cloud_client: LocalCloudClient, samples: Path) -> bytes:
    """The photo uploaded to `KEY`."""
    photo = (samples / "flagged.jpg").read_bytes()
    cloud_client.put(KEY, photo, is_distinct=False)
    return photo


def status_and_code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.text.partition("<Code>")[2].partition("</Code>")[0]


def error_code_as_face_url(url: str, env: Env) -> str:
    """Return ID Verification's code for a URL that it can't read."""
    request = DeepfakeDetectIntlRequest(**clients.DETECTION, face_url=url)
    with pytest.raises(AlibabaCloudException) as raised:
        clients.cloudauth(env).deepfake_detect_intl(request)
    return str(raised.value.code)


def test_a_tampered_url_is_refused(sign: Sign, env: Env, photo: bytes) -> None:
    url = sign()
    assert httpx.get(url).content == photo
    another = url.replace(KEY, "yours.jpg")
    for response in (
        httpx.get(another),
        httpx.get(f"{url}&x-oss-process=image%2Finfo"),
        httpx.delete(url),
    ):
        assert status_and_code(response) == (403, "SignatureDoesNotMatch")
    assert error_code_as_face_url(another, env) == "DownloadTimeout"


def test_an_expired_url_is_refused(sign: Sign, env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patching:
        clocks.set_clock_back(patching)
        url = sign()
    response = httpx.get(url)
    assert status_and_code(response) == (403, "AccessDenied")
    assert "Request has expired." in response.text
    assert error_code_as_face_url(url, env) == "DownloadTimeout"
