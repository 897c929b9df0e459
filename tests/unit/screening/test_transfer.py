"""How bytes reach the service with each value of TRANSFER."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from facescreen.deepfake.request import MAX_INLINE_BYTES
from facescreen.model import ObjectRef
from facescreen.screening.transfer import AutoTransfer, InlineTransfer, Transfer, UrlTransfer
from facescreen.testing.stores import MemoryStore

PHOTO, LARGE_IMAGE = b"photo", bytes(MAX_INLINE_BYTES + 1)


def request_content(
    transfer: str, data: bytes, kind: str = "image", *, convert: bool = False
) -> dict[str, Any]:
    """The content of the request that the transfer builds."""
    store = MemoryStore()
    inline, by_url = InlineTransfer(store), UrlTransfer(store, 300)
    transfers: dict[str, Transfer] = {
        "url": by_url,
        "inline": inline,
        "auto": AutoTransfer(inline, by_url),
    }
    etag = store.put("selfies", "a", data)
    ref = ObjectRef("oss", "selfies", "a", etag, size=len(data))
    request = transfers[transfer].build_request(ref, kind, convert=convert)
    assert request.kind == kind
    content = {"url": request.url, "base64": request.base64, "file": request.file}
    return {name: value for name, value in content.items() if value}


def test_url_transfer_creates_a_presigned_url_for_each_attempt() -> None:
    (create_url,) = request_content("url", PHOTO, convert=True).values()
    query = "x-oss-expires=300&x-oss-signature=s3cr3t&x-oss-process=convert"
    assert create_url() == f"https://selfies.example/a?{query}"


@pytest.mark.parametrize("transfer", ["inline", "auto"])
def test_a_small_image_is_sent_as_base64(transfer: str) -> None:
    assert request_content(transfer, PHOTO) == {"base64": base64.b64encode(PHOTO).decode()}


@pytest.mark.parametrize(("data", "kind"), [(LARGE_IMAGE, "image"), (PHOTO, "video")])
def test_inline_transfer_uploads_large_images_and_videos(data: bytes, kind: str) -> None:
    assert request_content("inline", data, kind) == {"file": data}


@pytest.mark.parametrize(
    ("data", "kind", "convert"),
    [(LARGE_IMAGE, "image", False), (PHOTO, "video", False), (PHOTO, "image", True)],
)
def test_auto_transfer_sends_a_url_for_everything_else(
    data: bytes, kind: str, convert: bool
) -> None:
    assert list(request_content("auto", data, kind, convert=convert)) == ["url"]
