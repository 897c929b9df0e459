"""How a function's result becomes an HTTP response."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen_local.fc.errors import FcError
from facescreen_local.fc.http_trigger.response import build_response
from facescreen_local.fc.runtime.instance import InvocationResult


def to_response(result: object) -> tuple[int, bytes, str]:
    payload = result if isinstance(result, bytes) else json.dumps(result).encode()
    response = build_response(InvocationResult("ok", payload))
    assert isinstance(response.body, bytes)
    return response.status, response.body, response.content_type


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"statusCode": 404, "body": "grü"}, (404, "grü".encode())),
        ({"statusCode": 200, "isBase64Encoded": True, "body": "/9g="}, (200, b"\xff\xd8")),
        ({"statusCode": 204}, (204, b"")),
        ({"statusCode": 200, "headers": None, "isBase64Encoded": None, "body": None}, (200, b"")),
    ],
)
def test_a_result_with_a_status_code_is_the_response(
    result: object, expected: tuple[int, bytes]
) -> None:
    assert to_response(result)[:2] == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"a": 1}, (200, b'{"a": 1}', "application/json")),
        ([1], (200, b"[1]", "application/json")),
        (b"Hello", (200, b"Hello", "text/plain")),
        (b"", (200, b"", "text/plain")),
        (b"[" * 100_000, (200, b"[" * 100_000, "text/plain")),
    ],
)
def test_any_other_result_is_the_body_of_a_200(
    result: object, expected: tuple[int, bytes, str]
) -> None:
    assert to_response(result) == expected


def test_the_functions_headers_are_kept_except_the_platforms() -> None:
    headers = {"Content-Type": "text/html", "Location": "/x", "Server": "me", "X-Fc-Status": "404"}
    payload = json.dumps({"statusCode": 302, "headers": headers}).encode()
    assert dict(build_response(InvocationResult("ok", payload)).headers) == {
        "Content-Type": "text/html",
        "Location": "/x",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": None},
        {"headers": ["a"]},
        {"headers": {"a": 1}},
        {"headers": {"a b": "1"}},
        {"headers": {"a": "1\r\nSet-Cookie: x"}},
        {"headers": {"a": "\ud800"}},
        {"headers": {"a": "x" * 8192}},
        {"body": {"a": 1}},
        {"body": "/9g", "isBase64Encoded": True},
        {"body": "é", "isBase64Encoded": True},
        {"body": "", "isBase64Encoded": "false"},
    ],
)
def test_a_malformed_result_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(FcError) as caught:
        to_response({"statusCode": 200, **fields})
    assert (caught.value.status, caught.value.code) == (502, "BadResponse")


# Not all of Unicode, whose table is slow to build. These include the unusual characters.
TEXTS = st.text("aZ9+/= :-\r\n\x00\x7f\u00e9\ud800")
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(0, 1000)
    | TEXTS
    | st.lists(TEXTS)
    | st.dictionaries(TEXTS, TEXTS | st.integers())
)


@given(
    st.dictionaries(st.sampled_from(["statusCode", "headers", "body", "isBase64Encoded"]), VALUES)
)
def test_every_result_becomes_a_response_or_an_error(result: dict[str, Any]) -> None:
    try:
        status = to_response(result)[0]
    except FcError as refused:
        status = refused.status
    assert 200 <= status <= 599
