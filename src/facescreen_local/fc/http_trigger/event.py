"""Turns a request into the event of a function: function-compute.md, "HTTP trigger, event"."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from urllib.parse import parse_qsl, unquote

from aiohttp import web

_TEXT_CONTENT_TYPES = (
    "text/",
    "application/json",
    "application/xml",
    "application/x-www-form-urlencoded",
)
_TEXT_SUFFIXES = ("+json", "+xml")


def build_event(request: web.BaseRequest, body: bytes, account_id: str, request_id: str) -> bytes:
    """Return the event as JSON. Header names keep their case; repeated headers are joined."""
    path, _, query = request.raw_path.partition("?")
    text = _decode_text(request.content_type if "Content-Type" in request.headers else "", body)
    now = time.time()
    event = {
        "version": "v1",
        "rawPath": path,
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
        "headers": _join_values(request.headers.items()),
        "queryParameters": _join_values(parse_qsl(query, keep_blank_values=True)),
        "requestContext": {
            "accountId": account_id,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": unquote(path),
                "protocol": f"HTTP/{request.version.major}.{request.version.minor}",
                "sourceIp": request.remote or "",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": request_id,
            "time": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timeEpoch": str(int(now * 1000)),
        },
    }
    return json.dumps(event).encode()


def _decode_text(content_type: str, body: bytes) -> str | None:
    """Return the body as a string, None if it is binary. UNCONFIRMED: which types are text."""
    if (
        content_type
        and not content_type.startswith(_TEXT_CONTENT_TYPES)
        and not content_type.endswith(_TEXT_SUFFIXES)
    ):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _join_values(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
