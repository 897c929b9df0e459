"""The event of an HTTP trigger: Function Compute's, in the form of Lambda's function URLs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from facescreen.errors import InvalidEventError


def function_url_event(event: bytes | dict[str, Any]) -> dict[str, Any]:
    """An HTTP trigger's event as Lambda's function URLs give it (payload version 2.0).

    Raises InvalidEventError for what is none. Source: function-compute.md, "HTTP trigger, event".
    """
    if isinstance(event, dict):
        return _checked(event)
    try:
        given = json.loads(event)
        context = given["requestContext"]
        http = context["http"]
        query = dict(given.get("queryParameters") or {})
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": given["rawPath"],
            "rawQueryString": urlencode(query),
            "headers": {name.lower(): value for name, value in given["headers"].items()},
            "queryStringParameters": query,
            "requestContext": {
                "accountId": context["accountId"],
                "domainName": context["domainName"],
                "http": http,
                "requestId": context["requestId"],
                "routeKey": "$default",
                "stage": "$default",
                "time": context["time"],
                "timeEpoch": int(context["timeEpoch"]),
            },
            "body": given.get("body") or "",
            "isBase64Encoded": bool(given.get("isBase64Encoded")),
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidEventError("the event is not one of an HTTP trigger") from None


def _checked(event: dict[str, Any]) -> dict[str, Any]:
    """What Lambda hands over."""
    try:
        if event["version"] == "2.0" and event["requestContext"]["http"]["method"]:
            return event
    except (TypeError, KeyError):
        pass
    raise InvalidEventError("the event is not one of a function URL")
