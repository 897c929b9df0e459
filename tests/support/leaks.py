"""Searches all that a local cloud's functions wrote for what must never be written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import oss2

from facescreen_local.cloud import STATE_BUCKET, LocalCloud
from tests.support.outside import Outside

# Parameters of presigned URLs, V1 and V4; a JPEG, an MP4 and a PNG in Base64.
FORBIDDEN = re.compile(
    r"x-oss-signature|x-oss-credential|x-oss-security-token|security-token=|OSSAccessKeyId"
    r"|[?&]Signature=|/9j/4|AAAAIGZ0eX|AAAAFGZ0eX|iVBORw0KGgo",
    re.IGNORECASE,
)


def find(cloud: LocalCloud, data: Path, outside: Outside) -> list[str]:
    """Where something secret stands; empty when nowhere."""
    secrets = _secrets(cloud)
    return [
        place
        for place, text in _written(data, outside)
        if FORBIDDEN.search(text) or any(secret in text for secret in secrets)
    ]


def _secrets(cloud: LocalCloud) -> list[str]:
    keys = [cloud.identity.key, *cloud.identity.issued]
    values = [(k.access_key_id, k.access_key_secret, k.security_token) for k in keys]
    return [value for key in values for value in key if value]


def _written(data: Path, outside: Outside) -> Iterator[tuple[str, str]]:
    fc = data / "fc"
    for path in (*fc.glob("logs/*"), *fc.glob("events.db*")):
        yield path.name, path.read_text(errors="replace")
    yield "invocations", json.dumps(outside.invocations())
    outside.dead_letters()
    yield "dead letters", json.dumps(outside.letters)
    yield "messages", json.dumps(outside.receive())
    for found in oss2.ObjectIterator(outside.bucket):
        yield f"tags of {found.key}", json.dumps(outside.tags(found.key))
    state = oss2.Bucket(
        outside.bucket.auth, outside.bucket.endpoint, STATE_BUCKET, region=outside.bucket.region
    )
    for found in oss2.ObjectIterator(state):
        yield f"ledger {found.key}", state.get_object(found.key).read().decode()
