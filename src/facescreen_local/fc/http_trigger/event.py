"""A request as the event that a function gets: function-compute.md, "HTTP trigger, event"."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from urllib.parse import parse_qsl, unquote

from aiohttp import web

_TEXTS = ("text/", "application/json", "application/xml", "application/x-www-form-urlencoded")
_SUFFIXES = ("+json", "+xml")


def event_of(request: web.BaseRequest, body: bytes, account_id: str, request_id: str) -> bytes:
    """The event's JSON. Header names keep their case; a name's values are joined by commas."""
    path, _, query = request.raw_path.partition("?")
    text = _text(request.content_type if "Content-Type" in request.headers else "", body)
    now = time.time()
    event = {
        "version": "v1",
        "rawPath": path,
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
        "headers": _joined(request.headers.items()),
        "queryParameters": _joined(parse_qsl(query, keep_blank_values=True)),
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


def _text(content_type: str, body: bytes) -> str | None:
    """The body as a text; None where it is binary. UNCONFIRMED: which types are texts."""
    if (
        content_type
        and not content_type.startswith(_TEXTS)
        and not content_type.endswith(_SUFFIXES)
    ):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
