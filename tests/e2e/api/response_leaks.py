"""Search an HTTP response for secrets. A thumbnail's URL is allowed, in its own field."""

from __future__ import annotations

import json
from typing import Any

import httpx

from facescreen_local.cloud import LocalCloud
from tests.support.leaks import FORBIDDEN_PATTERN


def find(response: httpx.Response, cloud: LocalCloud) -> list[str]:
    """The places that hold a secret; empty if there is none."""
    keys = [cloud.account.key, *cloud.account.temporary_keys]
    secret = [key.access_key_secret for key in keys]
    signing = [value for key in keys for value in (key.access_key_id, key.security_token) if value]
    leaks = ["a secret"] if any(_contains(response, value) for value in secret) else []
    places = {**response.headers, "body": _without_thumbnails(response)}
    return leaks + [
        place
        for place, text in places.items()
        if FORBIDDEN_PATTERN.search(text) or any(value in text for value in signing)
    ]


def _contains(response: httpx.Response, secret: str) -> bool:
    return secret in response.text or any(secret in text for text in response.headers.values())


def _without_thumbnails(response: httpx.Response) -> str:
    """Return the body without the thumbnails of the reviewer's list."""
    try:
        body = response.json()
    except ValueError:
        return response.text
    if isinstance(body, dict) and isinstance(body.get("objects"), list):
        body = {**body, "objects": [_without_thumbnail(item) for item in body["objects"]]}
    return json.dumps(body, ensure_ascii=False)


def _without_thumbnail(listed_object: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in listed_object.items() if name != "thumbnail"}
