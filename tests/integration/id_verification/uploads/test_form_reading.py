"""Reading a form does not depend on how its bytes arrive, and no bytes cause a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from facescreen_local.id_verification.upload_errors import REQUEST_ERRORS, to_upload_error
from facescreen_local.id_verification.uploads import MAX_FORM_FIELDS
from facescreen_local.protocol.form import MultipartForm
from facescreen_local.protocol.post_policy import SizeRange

HEADER = b'Content-Disposition: form-data; name="'
pieces = st.sampled_from(
    [b"--b", b"\r\n--b", b"\r\n", b"\r\n\r\n", b"--", HEADER, b'key"', b'file"', b"name*=utf-8''a"]
)
bodies = st.lists(pieces | st.binary(max_size=20), max_size=20).map(b"".join)
parts = st.tuples(st.sampled_from([b"key", b"a", b"file"]), st.binary(max_size=20))
forms = st.lists(parts, max_size=5).map(
    lambda given: b"".join(b'--b\r\n%b%b"\r\n\r\n%b\r\n' % (HEADER, *p) for p in given) + b"--b--"
)


async def arrive(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        if chunk:
            yield chunk


def read(chunks: list[bytes], content_type: str = "multipart/form-data; boundary=b") -> Any:
    async def whole() -> tuple[dict[str, str], bytes]:
        form = MultipartForm(content_type, arrive(chunks), MAX_FORM_FIELDS)
        fields = await form.read_fields()
        return dict(fields), b"".join([chunk async for chunk in form.read_file(SizeRange(1, 15))])

    try:
        return asyncio.run(whole())
    except REQUEST_ERRORS as error:
        return to_upload_error(error).code


@settings(max_examples=100)
@given(bodies | forms, st.data())
def test_a_body_in_chunks_is_read_the_same(body: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=5).map(sorted))
    edges = [0, *cuts, len(body)]
    chunks = [body[start:end] for start, end in pairwise(edges)]
    assert read(chunks) == read([body])


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from(["", "multipart/form-data; boundary="]))
def test_any_content_type_is_read_or_refused(text: str, start: str) -> None:
    refusal_codes = {"RequestIsNotMultiPartContent", "MalformedPOSTRequest"}
    assert read([b"--b--"], start + text) in refusal_codes
