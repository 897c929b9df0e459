"""Turns a function's result into an HTTP response."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from aiohttp import web

from facescreen_local.fc.errors import FcError
from facescreen_local.fc.runtime.instance import InvocationResult
from facescreen_local.fc.store.event import UNHANDLED_ERROR_TYPE

_MAX_HEADERS_BYTES = 8 * 1024
_RESERVED_HEADERS = {
    "connection", "content-length", "date", "keep-alive", "server", "transfer-encoding",
}  # fmt: skip
_HEADER_NAME_PATTERN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE_PATTERN = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")


def build_response(result: InvocationResult) -> web.Response:
    """Return the HTTP response, without a request id. Raises FcError if the result is malformed.

    A JSON object with a ``statusCode`` describes the whole response; any other result becomes the
    body of a 200. UNCONFIRMED: the content type of a result that is not JSON. Like a custom domain
    and unlike the default one, this address adds no ``Content-Disposition: attachment``.
    """
    if result.status != "ok":
        return web.Response(
            status=502,
            body=result.payload,
            content_type="application/json",
            headers={"x-fc-error-type": UNHANDLED_ERROR_TYPE},
        )
    try:
        fields = json.loads(result.payload)
    except (ValueError, RecursionError):
        return web.Response(body=result.payload, content_type="text/plain", charset="utf-8")
    if isinstance(fields, dict) and "statusCode" in fields:
        return _build_structured_response(fields)
    return web.Response(body=result.payload, content_type="application/json")


def _build_structured_response(fields: dict[str, Any]) -> web.Response:
    status = fields["statusCode"]
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise _invalid_response_error("statusCode must be a number from 200 to 599")
    return web.Response(status=status, headers=_parse_headers(fields), body=_decode_body(fields))


def _parse_headers(fields: dict[str, Any]) -> dict[str, str]:
    headers = fields.get("headers") or {}
    if not isinstance(headers, dict):
        raise _invalid_response_error("headers must be an object")
    for name, value in headers.items():
        if (
            not isinstance(value, str)
            or not _HEADER_NAME_PATTERN.fullmatch(name)
            or not _HEADER_VALUE_PATTERN.fullmatch(value)
        ):
            raise _invalid_response_error(f"the header {name[:40]!r} is not valid in HTTP")
    if sum(len(name) + len(value.encode()) for name, value in headers.items()) > _MAX_HEADERS_BYTES:
        raise _invalid_response_error(f"the headers exceed {_MAX_HEADERS_BYTES} bytes")
    return {name: value for name, value in headers.items() if not _is_reserved(name.lower())}


def _is_reserved(name: str) -> bool:
    return name in _RESERVED_HEADERS or name.startswith("x-fc-")


def _decode_body(fields: dict[str, Any]) -> bytes:
    body, encoded = fields.get("body") or "", fields.get("isBase64Encoded") or False
    if not isinstance(body, str) or not isinstance(encoded, bool):
        raise _invalid_response_error("body must be a string, and isBase64Encoded true or false")
    if not encoded:
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid_response_error("body is not Base64") from error


def _invalid_response_error(message: str) -> FcError:
    # UNCONFIRMED except for headers that are too large: the error for malformed responses.
    return FcError(502, "BadResponse", f"the function's response: {message}")
