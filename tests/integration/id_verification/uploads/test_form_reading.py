"""What a form says does not depend on how its bytes arrive, and no bytes do harm."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from facescreen_local.id_verification.errors import Refusal
from facescreen_local.id_verification.uploads_form import Form

HEADER = b'Content-Disposition: form-data; name="'
pieces = st.sampled_from(
    [b"--b", b"\r\n--b", b"\r\n", b"\r\n\r\n", b"--", HEADER, b'key"', b'file"', b"name*=utf-8''a"]
)
bodies = st.lists(pieces | st.binary(max_size=20), max_size=20).map(b"".join)
parts = st.tuples(st.sampled_from([b"key", b"a", b"file"]), st.binary(max_size=20))
forms = st.lists(parts, max_size=5).map(
    lambda given: b"".join(b'--b\r\n%b%b"\r\n\r\n%b\r\n' % (HEADER, *p) for p in given) + b"--b--"
)


class Arriving:
    """Stands for a request's body that comes in chunks."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = [chunk for chunk in chunks if chunk]

    async def readany(self) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""


def read(chunks: list[bytes], content_type: str = "multipart/form-data; boundary=b") -> Any:
    request = SimpleNamespace(headers={"content-type": content_type}, content=Arriving(chunks))

    async def whole() -> tuple[dict[str, str], bytes]:
        form = Form(cast("web.BaseRequest", request))
        return await form.fields(), await form.file(1, 15)

    try:
        return asyncio.run(whole())
    except Refusal as refusal:
        return refusal.code


@settings(max_examples=100)
@given(bodies | forms, st.data())
def test_a_body_in_pieces_says_the_same(body: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=5).map(sorted))
    edges = [0, *cuts, len(body)]
    chunks = [body[start:end] for start, end in pairwise(edges)]
    assert read(chunks) == read([body])


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from(["", "multipart/form-data; boundary="]))
def test_any_content_type_is_read_or_refused(text: str, start: str) -> None:
    refused = {"RequestIsNotMultiPartContent", "MalformedPOSTRequest"}
    assert read([b"--b--"], start + text) in refused
