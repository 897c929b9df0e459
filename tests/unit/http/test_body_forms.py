"""Reads the file from a multipart form."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen.http.body import extract_form_file
from facescreen.http.problems import HttpError

CONTENT_TYPE = "multipart/form-data; boundary=b"


def form_part(name: str, data: bytes = b"x") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n"


@pytest.mark.parametrize("data", [b"photo", bytes(range(256)) * 40, b"\r\n--b\r", b"x" * 10**7])
def test_the_file_is_read_unchanged(data: bytes) -> None:
    request = httpx.Request("POST", "http://a", files={"file": ("a.jpg", data)}, data={"note": "n"})
    assert extract_form_file(request.read(), request.headers["content-type"]) == data


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (form_part("file") + b"--b--", "multipart/form-data", "no boundary"),
        (form_part("file") + b"--b--", f"{CONTENT_TYPE}{'b' * 80}", "no boundary"),
        (form_part("file"), CONTENT_TYPE, "ends too early"),
        (form_part("file")[:-9], CONTENT_TYPE, "ends too early"),
        (b"", CONTENT_TYPE, "ends too early"),
        (b"garbage", CONTENT_TYPE, "not well-formed"),
        (form_part("photo") + b"--b--", CONTENT_TYPE, "0 parts named file"),
        (form_part("file") + form_part("file") + b"--b--", CONTENT_TYPE, "2 parts named file"),
        (form_part("a") * 10_000 + b"--b--", CONTENT_TYPE, "more than 8 parts"),
        (b"--b\r\n" + b"X-Y: z\r\n" * 10_000 + b"\r\nx\r\n--b--", CONTENT_TYPE, "the form"),
        (b"--b\r\nX: " + b"y" * 10**6 + b"\r\n\r\nx\r\n--b--", CONTENT_TYPE, "the form"),
    ],
)
def test_the_error_says_what_is_wrong_with_the_form(
    body: bytes, content_type: str, message: str
) -> None:
    with pytest.raises(HttpError, match=message):
        extract_form_file(body, content_type)


@given(st.binary(), st.text())
def test_any_bytes_are_a_file_or_an_http_error(body: bytes, content_type: str) -> None:
    for value in (content_type, CONTENT_TYPE):
        with contextlib.suppress(HttpError):
            extract_form_file(b"--b\r\n" + body, value)
