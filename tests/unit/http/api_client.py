"""Sends requests to the HTTP API in this process."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

from facescreen.events.http_trigger import to_function_url_event
from facescreen.http.middleware import ApiResolver
from facescreen.http.routes import ApiServices
from facescreen.platforms.invocation import adapt_context

_FUNCTION = SimpleNamespace(name="f", memory=128, timeout=9)
_CONTEXT = SimpleNamespace(function=_FUNCTION, region="r", account_id="1", request_id="r-1")


def stub_api(**parts: Any) -> ApiServices:
    """An API without tokens and with a page, which has only these `parts`."""
    settings = {"token_verifier": None, "cors_origins": (), "serves_page": True, "max_wait_s": 28}
    return cast("ApiServices", SimpleNamespace(**{**settings, **parts}))


def send_request(app: ApiResolver, method: str, path: str, **headers: str) -> dict[str, Any]:
    """Send a request as Function Compute's HTTP trigger does, and return the response."""
    context = {"accountId": "1", "domainName": "a", "requestId": "r-1", "time": "", "timeEpoch": 1}
    http = {"method": method, "path": path, "sourceIp": "127.0.0.1", "userAgent": "a"}
    event = {
        "rawPath": path,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {**context, "http": http},
    }
    return app.resolve(
        to_function_url_event(json.dumps(event).encode()), cast("Any", adapt_context(_CONTEXT))
    )
