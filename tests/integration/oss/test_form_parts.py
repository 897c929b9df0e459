"""Parsing of forms and policies from untrusted clients."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facescreen_local.oss.errors import REQUEST_ERRORS, OssError, to_oss_error
from facescreen_local.oss.operations.post import MAX_FORM_FIELDS
from facescreen_local.protocol.form import MAX_FIELD_BYTES, MultipartForm
from facescreen_local.protocol.post_policy import SizeRange, check_policy

BOUNDARY = "x"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
LATER = "2999-12-01T12:00:00.000Z"


async def _chunks(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def _read_form(body: bytes, piece: int = 1000) -> tuple[dict[str, str], bytes, MultipartForm]:
    form = MultipartForm(FORM, _chunks(body, piece), MAX_FORM_FIELDS)
    fields = dict(await form.read_fields())
    content = b"".join([chunk async for chunk in form.read_file(SizeRange())])
    return fields, content, form


def _part(disposition: str, content: bytes) -> bytes:
    return f"--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content


@settings(max_examples=40)
@given(
    value=st.text(max_size=20).filter(lambda text: "\r\n--x" not in text),
    content=st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--x", b"a", b"\r\n--"])).map(b"".join),
    piece=st.integers(1, 40),
)
@example(value="", content=b"\r\n--", piece=1)
async def test_a_form_is_read_as_written(value: str, content: bytes, piece: int) -> None:
    """For any chunk size, and with content that looks like a boundary."""
    if b"\r\n--x" in content:
        return
    body = _part('name="a"', value.encode()) + b"\r\n" + _part('name="file"', content)
    fields, file_content, _ = await _read_form(body + b"\r\n--x--\r\n", piece)
    assert (fields, file_content) == ({"a": value}, content)


async def test_the_files_name_and_type_are_read() -> None:
    headers = 'name="file"; filename="a; name=b é.jpg"\r\nContent-Type: image/jpeg'
    _, _, form = await _read_form(_part(headers, b"") + b"\r\n--x--")
    assert (form.filename, form.content_type) == ("a; name=b é.jpg", "image/jpeg")


async def test_names_are_case_insensitive_and_the_last_value_counts() -> None:
    body = _part('name="Key"', b"1\r\n") + _part("name=KEY", b"2\r\n") + _part("name=file", b"")
    fields, _, _ = await _read_form(body + b"\r\n--x--")
    assert list(fields.values()) == ["2"]


@pytest.mark.parametrize("before", [b"", b"\r\n", b"a preamble, --x\r\n", b"\r\n" * 4000])
async def test_preamble_and_epilogue_are_ignored(before: bytes) -> None:
    form = _part('name="a"', b"1\r\n") + _part('name="file"', b"2\r\n--x--\r\n\r\nan epilogue")
    for piece in (1, 7, 100_000):
        fields, file_content, _ = await _read_form(before + form, piece)
        assert (fields, file_content) == ({"a": "1"}, b"2")


async def test_a_part_may_have_any_headers() -> None:
    headers = "".join(f"\r\nX-Header-{n}: {'y' * 100}" for n in range(70))
    fields, _, _ = await _read_form(
        _part(f"name=a{headers}", b"1\r\n") + _part("name=file", b"\r\n--x--")
    )
    assert fields == {"a": "1"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MalformedPOSTRequest"),
        (b"--x--", "IncorrectNumberOfFilesInPOSTRequest"),
        (b"--xyz\r\n\r\n", "MalformedPOSTRequest"),
        (_part('title="a"', b"\r\n--x--"), "MalformedPOSTRequest"),
        (_part('name="a"', b"\xff\r\n--x"), "MalformedPOSTRequest"),
        (_part('name="file"', b"never ends"), "MalformedPOSTRequest"),
        (_part('name="file"', b"ends too early\r\n--x"), "MalformedPOSTRequest"),
        (
            _part('name="a"', b"\r\n--xyz\r\n") + _part("name=file", b"\r\n--x--"),
            "MalformedPOSTRequest",
        ),
        (_part('name="a"', b"v" * (MAX_FIELD_BYTES + 1) + b"\r\n--x"), "FieldItemTooLong"),
        (b"v" * (MAX_FIELD_BYTES + 10), "FieldItemTooLong"),
        (_part('name="a"', b"v" * MAX_FIELD_BYTES), "MalformedPOSTRequest"),
        (
            b"".join(_part(f'name="{n}"', b"\r\n") for n in range(MAX_FORM_FIELDS + 1)),
            "InvalidArgument",
        ),
    ],
)
async def test_malformed_forms_are_refused(body: bytes, code: str) -> None:
    with pytest.raises(REQUEST_ERRORS) as raised:
        await _read_form(body)
    assert to_oss_error(raised.value).code == code


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", "RequestIsNotMultiPartContent"),
        ("multipart/form-data", "MalformedPOSTRequest"),
        (f"multipart/form-data; boundary={'x' * 71}", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=\udcff", "MalformedPOSTRequest"),
    ],
)
def test_a_missing_or_invalid_boundary_is_refused(content_type: str, code: str) -> None:
    with pytest.raises(REQUEST_ERRORS) as raised:
        MultipartForm(content_type, _chunks(b"", 1), MAX_FORM_FIELDS)
    assert to_oss_error(raised.value).code == code


def _policy(*conditions: Any, expiration: Any = LATER) -> str:
    document = {"expiration": expiration, "conditions": list(conditions)}
    return base64.b64encode(json.dumps(document).encode()).decode()


def _policy_error(policy: str) -> OssError:
    with pytest.raises(REQUEST_ERRORS) as raised:
        check_policy(policy, {"key": "in/a", "x-oss-security-token": "CAIS"})
    return to_oss_error(raised.value)


def test_satisfied_conditions_are_accepted() -> None:
    fields = {"key": "in/a", "content-type": "image/png"}
    assert check_policy(_policy(), fields) == SizeRange()
    satisfied = [
        {"key": "in/a"},
        ["eq", "$Key", "in/a"],
        ["starts-with", "$key", ""],
        ["starts-with", "$x-oss-meta-nothing", ""],
        ["in", "$content-type", ["image/png"]],
        ["not-in", "$cache-control", ["no-cache"]],
        ["content-length-range", 1, 1000],
        ["content-length-range", 0, 10],
    ]
    assert check_policy(_policy(*satisfied), fields) == SizeRange(1, 10)
    assert check_policy(_policy(expiration="2999-12-01T12:00:00Z"), fields) == SizeRange()


@pytest.mark.parametrize(
    "policy",
    [
        "?",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"a": ' + b"[" * 5000).decode(),
        base64.b64encode(json.dumps({"expiration": LATER}).encode()).decode(),
        _policy(expiration="tomorrow"),
        _policy(expiration=None),
        _policy({}),
        _policy({"a": "1", "b": "2"}),
        _policy("key"),
        _policy(["eq", "$key"]),
        _policy(["eq", 1, "2"]),
        _policy(["like", "$key", "in/"]),
        _policy({"key": 1}),
        _policy(["not-in", "$key", "in/a"]),
        _policy(["content-length-range", 0]),
        _policy(["content-length-range", 0, True]),
        _policy(["content-length-range", -1, 5]),
    ],
)
def test_invalid_policies_are_refused(policy: str) -> None:
    assert _policy_error(policy).code == "InvalidPolicyDocument"


def test_an_error_does_not_contain_the_token() -> None:
    error = _policy_error(_policy({"x-oss-security-token": "CAISother"}))
    assert error.code == "AccessDenied"
    assert "x-oss-security-token" in error.message
    assert "CAIS" not in str(error)


@given(st.binary(max_size=200), st.text(max_size=50))
def test_random_bytes_are_refused(body: bytes, text: str) -> None:
    for policy in (base64.b64encode(body).decode(), text):
        with pytest.raises(REQUEST_ERRORS):
            check_policy(policy, {})
