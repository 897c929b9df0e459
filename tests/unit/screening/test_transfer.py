"""How bytes reach the service with each value of TRANSFER, and what that proves."""

from __future__ import annotations

import base64

import pytest

from facescreen.deepfake.request import MAX_INLINE_BYTES
from facescreen.screening.pinning import ObjectPinner, Pin, PinnedObject
from facescreen.screening.transfer import (
    AutoTransfer,
    InlineTransfer,
    OutgoingContent,
    Transfer,
    UrlTransfer,
)
from facescreen.testing.object_store import MemoryStore
from facescreen.timing import StoreClock
from tests.support.fake_clock import FakeClock
from tests.support.screener_harness import VirtualDeadline

PHOTO, LARGE_IMAGE, CONVERTED = b"photo", bytes(MAX_INLINE_BYTES + 1), b"converted"


class TransferHarness:
    """A stored object that was read, and the three transfers."""

    def __init__(self, data: bytes = PHOTO, pin: Pin = Pin.TIME) -> None:
        self.clock = FakeClock(1_795_406_645.25)
        self.store = MemoryStore(
            versioned=pin is Pin.VERSION, convert=lambda data: CONVERTED, clock=self.clock
        )
        self.store.put("selfies", "a", data, is_multipart=pin is Pin.BYTES)
        self.clock.sleep(60)
        self.pinned = self.read()
        assert self.pinned.pin is pin
        inline, by_url = InlineTransfer(self.store), UrlTransfer(self.store, 300)
        self.transfers: dict[str, Transfer] = {
            "url": by_url,
            "inline": inline,
            "auto": AutoTransfer(inline, by_url),
        }

    def read(self) -> PinnedObject:
        store_clock = StoreClock(self.clock, self.clock.sleep)
        pinner = ObjectPinner(self.store, margin_s=1, clock=store_clock)
        deadline = VirtualDeadline(self.clock.now + 60, self.clock)
        return pinner.pin(self.store.create_ref("selfies", "a"), deadline)

    def prepare(self, transfer: str, kind: str = "image", *, convert: bool) -> OutgoingContent:
        content = self.transfers[transfer].prepare(self.pinned, kind, convert=convert)
        assert content.request.kind == kind
        return content

    def overwrite(self) -> None:
        self.store.put("selfies", "a", b"other")


def get_form(content: OutgoingContent) -> str:
    request = content.request
    forms = {"url": request.url, "base64": request.base64, "file": request.file}
    (form,) = (name for name, value in forms.items() if value)
    return form


def download(harness: TransferHarness, content: OutgoingContent) -> bytes:
    """What the service downloads now."""
    assert callable(content.request.url)
    return harness.store.download_presigned(content.request.url())


@pytest.mark.parametrize("convert", [False, True])
def test_url_transfer_creates_a_presigned_url_for_each_attempt(convert: bool) -> None:
    harness = TransferHarness()
    content = harness.prepare("url", convert=convert)
    assert callable(content.request.url)
    first = content.request.url()
    harness.clock.sleep(200)
    second = content.request.url()
    assert first.startswith("https://selfies.example/a?")
    assert "x-oss-expires=300&x-oss-signature=s3cr3t" in first
    assert ("x-oss-process=convert" in first) == convert
    harness.clock.sleep(200)
    assert harness.store.download_presigned(second) == (CONVERTED if convert else PHOTO)


@pytest.mark.parametrize("convert", [False, True])
@pytest.mark.parametrize("pin", [Pin.VERSION, Pin.TIME])
def test_a_url_proves_what_the_service_sees_only_if_it_names_a_version(
    pin: Pin, convert: bool
) -> None:
    harness = TransferHarness(pin=pin)
    content = harness.prepare("url", convert=convert)
    harness.overwrite()
    assert content.is_proof == (pin is Pin.VERSION)
    if not convert:
        assert download(harness, content) == (PHOTO if pin is Pin.VERSION else b"other")


@pytest.mark.parametrize("pin", list(Pin))
def test_sent_bytes_are_those_that_were_read_whatever_is_stored_meanwhile(pin: Pin) -> None:
    harness = TransferHarness(pin=pin)
    harness.overwrite()
    content = harness.prepare("inline", convert=False)
    assert base64.b64decode(content.request.base64) == PHOTO
    assert content.is_proof


@pytest.mark.parametrize("pin", [Pin.VERSION, Pin.TIME])
def test_converted_bytes_prove_what_the_service_sees_only_of_a_version(pin: Pin) -> None:
    """Without one, the store may convert bytes with the same ETag that it got meanwhile."""
    content = TransferHarness(pin=pin).prepare("inline", convert=True)
    assert base64.b64decode(content.request.base64) == CONVERTED
    assert content.is_proof == (pin is Pin.VERSION)


@pytest.mark.parametrize("transfer", ["inline", "auto"])
def test_a_small_image_is_sent_as_base64(transfer: str) -> None:
    content = TransferHarness().prepare(transfer, convert=False)
    assert get_form(content) == "base64"
    assert base64.b64decode(content.request.base64) == PHOTO
    assert content.is_proof


@pytest.mark.parametrize(("data", "kind"), [(LARGE_IMAGE, "image"), (PHOTO, "video")])
def test_inline_transfer_uploads_large_images_and_videos(data: bytes, kind: str) -> None:
    content = TransferHarness(data).prepare("inline", kind, convert=False)
    assert get_form(content) == "file"
    assert content.request.file == data
    assert content.is_proof


@pytest.mark.parametrize(
    ("data", "kind", "convert"),
    [(LARGE_IMAGE, "image", False), (PHOTO, "video", False), (PHOTO, "image", True)],
)
def test_auto_transfer_sends_a_url_for_everything_else(
    data: bytes, kind: str, convert: bool
) -> None:
    content = TransferHarness(data).prepare("auto", kind, convert=convert)
    assert get_form(content) == "url"
    assert not content.is_proof
