"""Search an HTTP response for secrets. A thumbnail's URL is allowed, in its own field."""

from __future__ import annotations

import json
from typing import Any

import httpx

from facescreen_local.cloud import LocalCloud
from tests.support.leaks import FORBIDDEN_PATTERN


def find(answer: httpx.Response, cloud: LocalCloud) -> list[str]:
    """The places that hold a secret; empty if there is none."""
    keys = [cloud.identity.key, *cloud.identity.temporary_keys]
    secret = [key.access_key_secret for key in keys]
    signing = [value for key in keys for value in (key.access_key_id, key.security_token) if value]
    found = ["a secret"] if any(_told(answer, value) for value in secret) else []
    places = {**answer.headers, "body": _without_thumbnails(answer)}
    return found + [
        place
        for place, text in places.items()
        if FORBIDDEN_PATTERN.search(text) or any(value in text for value in signing)
    ]


def _told(answer: httpx.Response, value: str) -> bool:
    return value in answer.text or any(value in text for text in answer.headers.values())


def _without_thumbnails(answer: httpx.Response) -> str:
    """The body. Only the reviewer's list has thumbnails, one for each object."""
    try:
        told = answer.json()
    except ValueError:
        return answer.text
    if isinstance(told, dict) and isinstance(told.get("objects"), list):
        told = {**told, "objects": [_without_thumbnail(listed) for listed in told["objects"]]}
    return json.dumps(told, ensure_ascii=False)


def _without_thumbnail(listed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in listed.items() if name != "thumbnail"}
