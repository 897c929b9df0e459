"""The three steps of a file upload, with the vendor's SDK and with our own clients."""

from __future__ import annotations

import base64
import io
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.deepfake.client import AsyncDeepfakeClient, DeepfakeClient
from facescreen.model import Verdict
from facescreen_local.auth.account import LocalAccount
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol.faults import Behaviour, Fault
from facescreen_local.samples import SampleFile
from tests.integration.id_verification.sdk_client import (
    ALLOW_SDK,
    MERCHANT_BIZ_ID,
    FileServer,
    SdkCaller,
)

pytestmark = ALLOW_SDK


@pytest.fixture
def upload_caller(service: IdVerificationService, local_account: LocalAccount) -> SdkCaller:
    return SdkCaller(service, local_account.key)


@pytest.fixture(scope="module")
def long_clip(samples: dict[str, SampleFile], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 9 MB, most of it in a box that players ignore."""
    clip = samples["clip.mp4"].path.read_bytes()
    padding = 9 * 1024 * 1024 - len(clip)
    path = tmp_path_factory.mktemp("long") / "clip.mp4"
    path.write_bytes(clip + padding.to_bytes(4, "big") + b"free" + bytes(padding - 8))
    return path


@pytest.fixture
def options(service: IdVerificationService, local_account: LocalAccount) -> dict[str, Any]:
    key = local_account.key
    return {
        "scene_code": "scene_0001",
        "credentials": Credentials(key.access_key_id, key.access_key_secret),
        "endpoint": service.url,
        "upload_endpoint": service.url,
        "allow_emulator": True,
    }


@pytest.fixture
def client(options: dict[str, Any], tls_context: ssl.SSLContext) -> Iterator[DeepfakeClient]:
    http = httpx.Client(verify=tls_context, trust_env=False)
    with DeepfakeClient(http=http, **options) as client:
        yield client


@pytest.fixture(params=["path", "bytes", "stream", "stream that can't seek"])
def clip(request: pytest.FixtureRequest, long_clip: Path) -> Iterator[Any]:
    if request.param == "path":
        yield long_clip
    elif request.param == "bytes":
        yield long_clip.read_bytes()
    elif request.param == "stream":
        with long_clip.open("rb") as upload_caller:
            yield upload_caller
    else:
        with closing(UnseekableStream(long_clip.read_bytes())) as upload_caller:
            yield upload_caller


class UnseekableStream(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation


def test_the_vendors_sdk_uploads_a_file(
    upload_caller: SdkCaller,
    service: IdVerificationService,
    samples: dict[str, SampleFile],
    long_clip: Path,
) -> None:
    with samples["portrait.jpg"].path.open("rb") as image:
        assert upload_caller.upload(image)["body"]["Code"] == "Success"
    with long_clip.open("rb") as video:
        assert upload_caller.upload(video, face_input_type="VIDEO")["body"]["Code"] == "Success"
    recorded = [(call.merchant_biz_id, call.object, call.billed) for call in service.calls]
    assert recorded == [(MERCHANT_BIZ_ID, "", True)] * 2


def test_the_vendors_asynchronous_sdk_uploads_a_file(
    upload_caller: SdkCaller, service: IdVerificationService, samples: dict[str, SampleFile]
) -> None:
    with samples["clip.mp4"].path.open("rb") as video:
        response = upload_caller.upload_async(video, face_input_type="VIDEO")
    assert response["body"]["Code"] == "Success"
    assert [call.code for call in service.calls] == ["Success"]


def test_the_vendors_sdk_reads_the_error_of_an_upload(
    upload_caller: SdkCaller, service: IdVerificationService
) -> None:
    with pytest.raises(AlibabaCloudException) as raised:
        upload_caller.upload(io.BytesIO(bytes(10 * 1024 * 1024 + 1)))
    assert raised.value.code == "EntityTooLarge"
    assert service.calls == []


def test_our_client_uploads_a_file(
    client: DeepfakeClient, service: IdVerificationService, clip: Any
) -> None:
    detection = client.detect_stream(file=clip, kind="video")
    assert detection.verdict is Verdict.LOW_RISK
    assert [call.code for call in service.calls] == ["Success"]


async def test_our_asynchronous_client_uploads_a_file(
    options: dict[str, Any], tls_context: ssl.SSLContext, clip: Any
) -> None:
    http = httpx.AsyncClient(verify=tls_context, trust_env=False)
    async with AsyncDeepfakeClient(http=http, **options) as client:
        detection = await client.detect_stream(file=clip, kind="video")
    assert detection.verdict is Verdict.LOW_RISK


def test_our_client_sends_a_url_or_base64(
    client: DeepfakeClient, files: FileServer, portrait: bytes
) -> None:
    url = files.put("/a.jpg", portrait) + "?Signature=a%2Bb"
    assert client.detect_stream(url=url).verdict is Verdict.LOW_RISK
    inline = base64.b64encode(portrait).decode()
    assert client.detect_stream(base64=inline).verdict is Verdict.LOW_RISK


def test_our_client_raises_the_files_error(
    client: DeepfakeClient, samples: dict[str, SampleFile]
) -> None:
    with pytest.raises(errors.ContentError) as raised:
        client.detect_stream(file=samples["no-face.jpg"].path)
    assert raised.value.code == "NoFaceDetected"
    with pytest.raises(errors.OperatorError, match="HTTP 400"):
        client.detect_stream(file=bytes(10 * 1024 * 1024 + 1))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(code="ServiceUnavailable", status=503),
        Fault(reset=True),
        Fault(after=True, reset=True),
    ],
)
def test_our_client_retries_an_upload(
    client: DeepfakeClient,
    service: IdVerificationService,
    samples: dict[str, SampleFile],
    fault: Fault,
) -> None:
    service.uploads.behaviour = Behaviour(faults=[fault])
    assert client.detect_stream(file=samples["portrait.jpg"].path).verdict is Verdict.LOW_RISK
    assert service.uploads.behaviour.faults == []
    assert [call.billed for call in service.calls] == [True]


MEASURE_UPLOADS = """
import os, resource, ssl, sys
import httpx
from facescreen.clients.credentials import Credentials
from facescreen.deepfake.client import DeepfakeClient

endpoint, ca_file, small, large = sys.argv[1:]
key = Credentials(os.environ["KEY"], os.environ["SECRET"])
http = httpx.Client(verify=ssl.create_default_context(cafile=ca_file), trust_env=False)
with DeepfakeClient(http=http, scene_code="scene_0001", credentials=key, endpoint=endpoint,
                    upload_endpoint=endpoint, allow_emulator=True) as client:
    peaks = []
    for file in (small, large):
        client.detect_stream(file=file, kind="video")
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[1] - peaks[0])
"""


def test_our_client_streams_a_file(
    service: IdVerificationService,
    local_account: LocalAccount,
    samples: dict[str, SampleFile],
    long_clip: Path,
) -> None:
    """A file of 9 MB needs less than 2 MB more memory than one of less than 1 MB."""
    small = samples["clip.mp4"].path
    assert small.stat().st_size < 1024 * 1024
    secrets = {
        "KEY": local_account.key.access_key_id,
        "SECRET": local_account.key.access_key_secret,
    }
    arguments = [service.url, str(service.ca_file), str(small), str(long_clip)]
    result = subprocess.run(
        [sys.executable, "-c", MEASURE_UPLOADS, *arguments],
        env={**os.environ, **secrets},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert int(result.stdout) < 2048
