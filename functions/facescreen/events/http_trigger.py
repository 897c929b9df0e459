"""Converts Function Compute's HTTP trigger event to the format of Lambda's function URLs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from facescreen.errors import InvalidEventError


def to_function_url_event(event: bytes | dict[str, Any]) -> dict[str, Any]:
    """Convert an HTTP trigger's event to a function URL's (payload version 2.0). Lambda's own event
    is returned unchanged.

    Raises InvalidEventError for any other event. Source: function-compute.md, "HTTP trigger,
    event".
    """
    if isinstance(event, dict):
        return _check_function_url_event(event)
    try:
        fc_event = json.loads(event)
        context = fc_event["requestContext"]
        http = context["http"]
        query = dict(fc_event.get("queryParameters") or {})
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": fc_event["rawPath"],
            "rawQueryString": urlencode(query),
            "headers": {name.lower(): value for name, value in fc_event["headers"].items()},
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
            "body": fc_event.get("body") or "",
            "isBase64Encoded": bool(fc_event.get("isBase64Encoded")),
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidEventError("the event is not an HTTP trigger's") from None


def _check_function_url_event(event: dict[str, Any]) -> dict[str, Any]:
    try:
        if event["version"] == "2.0" and event["requestContext"]["http"]["method"]:
            return event
    except (TypeError, KeyError):
        pass
    raise InvalidEventError("the event is not a function URL's")
