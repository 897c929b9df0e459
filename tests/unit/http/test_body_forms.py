"""The file of a form, whatever the form is."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen.http.body import extract_form_file
from facescreen.http.problems import HttpError

TYPE = "multipart/form-data; boundary=b"


def part(name: str, data: bytes = b"x", more: str = "") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + data + b"\r\n"


@pytest.mark.parametrize("data", [b"photo", bytes(range(256)) * 40, b"\r\n--b\r", b"x" * 10**7])
def test_a_file_comes_out_as_it_went_in(data: bytes) -> None:
    sent = httpx.Request("POST", "http://a", files={"file": ("a.jpg", data)}, data={"note": "n"})
    assert extract_form_file(sent.read(), sent.headers["content-type"]) == data


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (part("file") + b"--b--", "multipart/form-data", "no boundary"),
        (part("file") + b"--b--", f"{TYPE}{'b' * 80}", "no boundary"),
        (part("file"), TYPE, "ends too early"),
        (part("file")[:-9], TYPE, "ends too early"),
        (b"", TYPE, "ends too early"),
        (b"garbage", TYPE, "not well-formed"),
        (part("photo") + b"--b--", TYPE, "0 parts named file"),
        (part("file") + part("file") + b"--b--", TYPE, "2 parts named file"),
        (part("a") * 10_000 + b"--b--", TYPE, "more than 8 parts"),
        (b"--b\r\n" + b"X-Y: z\r\n" * 10_000 + b"\r\nx\r\n--b--", TYPE, "the form"),
        (b"--b\r\nX: " + b"y" * 10**6 + b"\r\n\r\nx\r\n--b--", TYPE, "the form"),
    ],
)
def test_a_wrong_form_is_told_what_is_wrong(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(HttpError, match=says):
        extract_form_file(body, content_type)


@given(st.binary(), st.text())
def test_any_bytes_are_a_file_or_a_refusal(body: bytes, content_type: str) -> None:
    for kind in (content_type, TYPE):
        with contextlib.suppress(HttpError):
            extract_form_file(b"--b\r\n" + body, kind)
