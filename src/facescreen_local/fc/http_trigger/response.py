"""A function's result as the answer that the caller gets."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from aiohttp import web

from facescreen_local.fc.errors import FcError
from facescreen_local.fc.runtime.instance import Result
from facescreen_local.fc.store.event import ERROR_TYPE

_LARGEST_HEADERS = 8 * 1024
_PLATFORMS_OWN = {
    "connection", "content-length", "date", "keep-alive", "server", "transfer-encoding",
}  # fmt: skip
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")


def answer_of(result: Result) -> web.Response:
    """The HTTP answer, still without a request id. Raises FcError for one that is malformed.

    A JSON object with a ``statusCode`` says what the answer is; any other result is the body of
    a 200. UNCONFIRMED: the content type of one that is no JSON. Unlike the default domain, this
    address adds no ``Content-Disposition: attachment``: it stands for a custom domain.
    """
    if result.status != "ok":
        return web.Response(
            status=502,
            body=result.payload,
            content_type="application/json",
            headers={"x-fc-error-type": ERROR_TYPE},
        )
    try:
        said = json.loads(result.payload)
    except (ValueError, RecursionError):
        return web.Response(body=result.payload, content_type="text/plain", charset="utf-8")
    if isinstance(said, dict) and "statusCode" in said:
        return _said(said)
    return web.Response(body=result.payload, content_type="application/json")


def _said(said: dict[str, Any]) -> web.Response:
    status = said["statusCode"]
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise _bad("statusCode must be a number from 200 to 599")
    return web.Response(status=status, headers=_headers(said), body=_body(said))


def _headers(said: dict[str, Any]) -> dict[str, str]:
    headers = said.get("headers") or {}
    if not isinstance(headers, dict):
        raise _bad("headers must be an object")
    for name, value in headers.items():
        if not isinstance(value, str) or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise _bad(f"the header {name[:40]!r} is not one that HTTP knows")
    if sum(len(name) + len(value.encode()) for name, value in headers.items()) > _LARGEST_HEADERS:
        raise _bad(f"the headers exceed {_LARGEST_HEADERS} bytes")
    return {name: value for name, value in headers.items() if not _is_platforms_own(name.lower())}


def _is_platforms_own(name: str) -> bool:
    return name in _PLATFORMS_OWN or name.startswith("x-fc-")


def _body(said: dict[str, Any]) -> bytes:
    body, encoded = said.get("body") or "", said.get("isBase64Encoded") or False
    if not isinstance(body, str) or not isinstance(encoded, bool):
        raise _bad("body must be a text, and isBase64Encoded true or false")
    if not encoded:
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad("body is not Base64") from error


def _bad(message: str) -> FcError:
    # UNCONFIRMED beyond headers that are too large: that all malformed answers are so refused.
    return FcError(502, "BadResponse", f"the function's answer: {message}")
