"""How bytes reach the service, by each form of TRANSFER."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from facescreen.deepfake.request import MAX_INLINE_BYTES
from facescreen.model import ObjectRef
from facescreen.screening.transfer import AutoTransfer, InlineTransfer, Transfer, UrlTransfer
from facescreen.testing.stores import MemoryStore

PHOTO, LONG = b"photo", bytes(MAX_INLINE_BYTES + 1)


def sent(form: str, data: bytes, kind: str = "image", *, convert: bool = False) -> dict[str, Any]:
    """The content that a client is asked to send."""
    store = MemoryStore()
    inline, by_url = InlineTransfer(store), UrlTransfer(store, 300)
    forms: dict[str, Transfer] = {
        "url": by_url,
        "inline": inline,
        "auto": AutoTransfer(inline, by_url),
    }
    etag = store.put("selfies", "a", data)
    ref = ObjectRef("oss", "selfies", "a", etag, size=len(data))
    request = forms[form].build_request(ref, kind, convert=convert)
    assert request.kind == kind
    content = {"url": request.url, "base64": request.base64, "file": request.file}
    return {name: value for name, value in content.items() if value}


def test_by_url_each_attempt_gets_one_of_its_own() -> None:
    (make,) = sent("url", PHOTO, convert=True).values()
    query = "x-oss-expires=300&x-oss-signature=s3cr3t&x-oss-process=convert"
    assert make() == f"https://selfies.example/a?{query}"


@pytest.mark.parametrize("form", ["inline", "auto"])
def test_a_small_image_goes_in_base64(form: str) -> None:
    assert sent(form, PHOTO) == {"base64": base64.b64encode(PHOTO).decode()}


@pytest.mark.parametrize(("data", "kind"), [(LONG, "image"), (PHOTO, "video")])
def test_inline_uploads_the_rest(data: bytes, kind: str) -> None:
    assert sent("inline", data, kind) == {"file": data}


@pytest.mark.parametrize(
    ("data", "kind", "convert"),
    [(LONG, "image", False), (PHOTO, "video", False), (PHOTO, "image", True)],
)
def test_auto_gives_a_url_for_the_rest(data: bytes, kind: str, convert: bool) -> None:
    assert list(sent("auto", data, kind, convert=convert)) == ["url"]
