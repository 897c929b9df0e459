"""The same tests on the fake detector and on both operations of the API, local and live.

They ask no more of the service than face-deepfake.txt says, and most of them only for what it
refuses: that costs nothing.
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
from tests.contract.objects import OssObjects
from tests.contract.place import Place
from tests.support.live import paid_calls
from tests.support.scripted_detector import LOW_RISK, ScriptedDetector

PORTRAIT, STILL_LIFE, UNREACHABLE = "portrait.jpg", "still-life.jpg", "unreachable.jpg"
PLANNED: dict[str, Detection | Exception] = {
    PORTRAIT: LOW_RISK,
    STILL_LIFE: errors.ContentError("no face", code="NoFaceDetected", request_id="REQ-3"),
    UNREACHABLE: errors.SourceDownloadTimeoutError("not downloaded", code="DownloadTimeout"),
}


@dataclass
class Detector:
    """Whoever judges, and where it finds what."""

    detect: Callable[[DetectRequest], Detection]
    url: Callable[[str], str]
    """Of one of the three above."""
    download_s: float
    """Time enough for a download to fail."""

    def judge(self, photograph: str, biz_id: str = "", within_s: float = 30) -> Detection:
        request = DetectRequest(
            url=lambda: self.url(photograph),
            merchant_biz_id=biz_id or create_merchant_biz_id("fs"),
            deadline=Deadline.after(within_s),
        )
        return self.detect(request)


@pytest.fixture(
    params=[
        "fake",
        "local detect",
        "local detect_stream",
        pytest.param("live detect", marks=pytest.mark.live),
        pytest.param("live detect_stream", marks=pytest.mark.live),
    ]
)
def detector(request: pytest.FixtureRequest) -> Iterator[Detector]:
    if request.param == "fake":
        yield fake()
        return
    where, operation = request.param.split()
    place: Place = request.getfixturevalue(where)
    settings = place.settings
    client = DeepfakeClient(
        scene_code=settings.scene_code,
        credentials=place.credentials,
        endpoint=place.alibaba.cloudauth_endpoint,
        image_timeout_s=30,
        allow_emulator=settings.local,
    )
    with client, place.objects(place.bucket) as objects:
        download_s = 2 if settings.local else 30
        yield Detector(getattr(client, operation), urls(place, objects), download_s)


def fake() -> Detector:
    """It answers by what its URL was asked for."""
    detector = ScriptedDetector()

    def url(photograph: str) -> str:
        detector.script.append(PLANNED[photograph])
        return f"https://selfies.example/{photograph}"

    return Detector(detector.detect, url, 2)


def urls(place: Place, objects: OssObjects) -> Callable[[str], str]:
    """Presigned URLs; the unreachable one names a port that nothing listens on."""
    store = place.store()
    objects.put(PORTRAIT, jpeg(photographs.portrait()))
    objects.put(STILL_LIFE, jpeg(photographs.still_life()))

    def url(photograph: str) -> str:
        presigned = store.presign(objects.ref(photograph), 300, convert=False)
        if photograph != UNREACHABLE:
            return presigned
        parts = urlsplit(presigned)
        return parts._replace(netloc=f"{parts.hostname}:9").geturl()

    return url


def jpeg(image: Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=95)
    return held.getvalue()


@pytest.fixture(autouse=True)
def costs_what_it_says(request: pytest.FixtureRequest) -> Iterator[None]:
    """The local service bills as many calls as the test is marked with."""
    if not request.node.callspec.id.startswith("local"):
        yield
        return
    service = request.getfixturevalue("cloudauth")
    service.reset()
    yield
    assert sum(call.billed for call in service.calls) == paid_calls(request.node)


@pytest.mark.paid(1)
def test_a_portrait_gets_a_verdict(detector: Detector) -> None:
    found = detector.judge(PORTRAIT)
    assert found.verdict in (Verdict.LOW_RISK, Verdict.HIGH_RISK, Verdict.SUSPICIOUS)
    assert found.request_id
    assert found.transaction_id
    assert all(0 <= score <= 1 for score in found.risk_scores.values())


def test_no_face_is_the_contents_matter(detector: Detector) -> None:
    with pytest.raises(errors.ContentError) as raised:
        detector.judge(STILL_LIFE)
    assert raised.value.code == "NoFaceDetected"
    assert raised.value.request_id


def test_the_same_merchant_biz_id_is_judged_anew(detector: Detector) -> None:
    biz_id = create_merchant_biz_id("fs")
    for _ in range(2):
        with pytest.raises(errors.ContentError, match="NoFaceDetected"):
            detector.judge(STILL_LIFE, biz_id)


def test_a_photo_that_cant_be_downloaded_is_passing(detector: Detector) -> None:
    with pytest.raises(errors.SourceDownloadTimeoutError) as raised:
        detector.judge(UNREACHABLE, within_s=detector.download_s)
    assert raised.value.code == "DownloadTimeout"
    assert "ignature" not in str(raised.value)
