"""The same tests on the scripted detector and on both operations of the API, local and live.

They rely only on what face-deepfake.txt says. Most of them send what the service refuses, which
isn't billed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from PIL.Image import Image

from facescreen import errors
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.request import DetectRequest, create_merchant_biz_id
from facescreen.deepfake.response import Detection
from facescreen.model import Verdict
from facescreen.timing import Deadline
from facescreen_local.samples import photographs
from tests.contract.alibaba_services import AlibabaServices
from tests.contract.object_writers import OssObjectWriter
from tests.support.live import paid_calls
from tests.support.scripted_detector import LOW_RISK, ScriptedDetector

PORTRAIT, STILL_LIFE, UNREACHABLE = "portrait.jpg", "still-life.jpg", "unreachable.jpg"
RESULTS: dict[str, Detection | Exception] = {
    PORTRAIT: LOW_RISK,
    STILL_LIFE: errors.ContentError("no face", code="NoFaceDetected", request_id="REQ-3"),
    UNREACHABLE: errors.SourceDownloadTimeoutError("not downloaded", code="DownloadTimeout"),
}


@dataclass
class DetectorUnderTest:
    """A detector, and URLs of the photographs that it can download."""

    detect: Callable[[DetectRequest], Detection]
    url: Callable[[str], str]
    """Returns the URL of one of the photographs above."""
    download_s: float
    """Enough time for a download to fail, in seconds."""

    def detect_photograph(
        self, photograph: str, biz_id: str = "", timeout_s: float = 30
    ) -> Detection:
        request = DetectRequest(
            url=lambda: self.url(photograph),
            merchant_biz_id=biz_id or create_merchant_biz_id("fs"),
            deadline=Deadline.after(timeout_s),
        )
        return self.detect(request)


@pytest.fixture(
    params=[
        "scripted",
        "local detect",
        "local detect_stream",
        pytest.param("live detect", marks=pytest.mark.live),
        pytest.param("live detect_stream", marks=pytest.mark.live),
    ]
)
def detector(request: pytest.FixtureRequest) -> Iterator[DetectorUnderTest]:
    if request.param == "scripted":
        yield create_scripted_detector()
        return
    fixture, operation = request.param.split()
    services: AlibabaServices = request.getfixturevalue(fixture)
    settings = services.settings
    client = DeepfakeClient(
        scene_code=settings.scene_code,
        credentials=services.credentials,
        endpoint=services.alibaba.cloudauth_endpoint,
        image_timeout_s=30,
        allow_emulator=settings.local,
    )
    with client, services.object_writer(services.bucket) as object_writer:
        download_s = 2 if settings.local else 30
        yield DetectorUnderTest(
            getattr(client, operation), presigned_urls(services, object_writer), download_s
        )


def create_scripted_detector() -> DetectorUnderTest:
    """A detector whose result depends on the photograph whose URL was created."""
    detector = ScriptedDetector()

    def url(photograph: str) -> str:
        detector.script.append(RESULTS[photograph])
        return f"https://selfies.example/{photograph}"

    return DetectorUnderTest(detector.detect, url, 2)


def presigned_urls(
    services: AlibabaServices, object_writer: OssObjectWriter
) -> Callable[[str], str]:
    """Returns presigned URLs; that of UNREACHABLE has a port that nothing listens on."""
    store = services.store()
    object_writer.put(PORTRAIT, encode_jpeg(photographs.load_portrait()))
    object_writer.put(STILL_LIFE, encode_jpeg(photographs.load_still_life()))

    def url(photograph: str) -> str:
        presigned = store.presign(object_writer.ref(photograph), 300, convert=False)
        if photograph != UNREACHABLE:
            return presigned
        parts = urlsplit(presigned)
        return parts._replace(netloc=f"{parts.hostname}:9").geturl()

    return url


def encode_jpeg(image: Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture(autouse=True)
def check_billed_calls(request: pytest.FixtureRequest) -> Iterator[None]:
    """The local service bills as many calls as the test's marker says."""
    if not request.node.callspec.id.startswith("local"):
        yield
        return
    service = request.getfixturevalue("cloudauth")
    service.reset()
    yield
    assert sum(call.billed for call in service.calls) == paid_calls(request.node)


@pytest.mark.paid(1)
def test_a_portrait_gets_a_verdict(detector: DetectorUnderTest) -> None:
    detection = detector.detect_photograph(PORTRAIT)
    assert detection.verdict in (Verdict.LOW_RISK, Verdict.HIGH_RISK, Verdict.SUSPICIOUS)
    assert detection.request_id
    assert detection.transaction_id
    assert all(0 <= score <= 1 for score in detection.risk_scores.values())


def test_a_photograph_without_a_face_is_a_content_error(detector: DetectorUnderTest) -> None:
    with pytest.raises(errors.ContentError) as raised:
        detector.detect_photograph(STILL_LIFE)
    assert raised.value.code == "NoFaceDetected"
    assert raised.value.request_id


def test_the_same_merchant_biz_id_can_be_used_again(detector: DetectorUnderTest) -> None:
    biz_id = create_merchant_biz_id("fs")
    for _ in range(2):
        with pytest.raises(errors.ContentError, match="NoFaceDetected"):
            detector.detect_photograph(STILL_LIFE, biz_id)


def test_a_photograph_that_cannot_be_downloaded_is_a_transient_error(
    detector: DetectorUnderTest,
) -> None:
    with pytest.raises(errors.SourceDownloadTimeoutError) as raised:
        detector.detect_photograph(UNREACHABLE, timeout_s=detector.download_s)
    assert raised.value.code == "DownloadTimeout"
    assert "ignature" not in str(raised.value)
