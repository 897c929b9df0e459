"""Searches everything that a local cloud's functions wrote for secrets, URLs and faces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import oss2

from facescreen_local.cloud import STATE_BUCKET_NAME, LocalCloud
from tests.support.cloud_client import LocalCloudClient

# Parameters of presigned URLs, V1 and V4; a JPEG, an MP4 and a PNG in Base64.
FORBIDDEN_PATTERN = re.compile(
    r"x-oss-signature|x-oss-credential|x-oss-security-token|security-token=|OSSAccessKeyId"
    r"|[?&]Signature=|/9j/4|AAAAIGZ0eX|AAAAFGZ0eX|iVBORw0KGgo",
    re.IGNORECASE,
)


def find_leaks(cloud: LocalCloud, cloud_folder: Path, cloud_client: LocalCloudClient) -> list[str]:
    """The places where something secret was written; empty when there are none."""
    secrets = _secrets(cloud)
    return [
        place
        for place, text in _written_texts(cloud_folder, cloud_client)
        if FORBIDDEN_PATTERN.search(text) or any(secret in text for secret in secrets)
    ]


def _secrets(cloud: LocalCloud) -> list[str]:
    keys = [cloud.account.key, *cloud.account.temporary_keys]
    values = [(k.access_key_id, k.access_key_secret, k.security_token) for k in keys]
    return [value for key in values for value in key if value]


def _written_texts(cloud_folder: Path, cloud_client: LocalCloudClient) -> Iterator[tuple[str, str]]:
    fc = cloud_folder / "fc"
    for path in (*fc.glob("logs/*"), *fc.glob("events.db*")):
        yield path.name, path.read_text(errors="replace")
    yield "invocations", json.dumps(cloud_client.invocations())
    cloud_client.receive_dead_letters()
    yield "dead letters", json.dumps(cloud_client.all_dead_letters)
    yield "messages", json.dumps(cloud_client.receive_messages())
    for summary in oss2.ObjectIterator(cloud_client.bucket):
        yield f"tags of {summary.key}", json.dumps(cloud_client.tags(summary.key))
    state = oss2.Bucket(
        cloud_client.bucket.auth,
        cloud_client.bucket.endpoint,
        STATE_BUCKET_NAME,
        region=cloud_client.bucket.region,
    )
    for summary in oss2.ObjectIterator(state):
        yield f"ledger {summary.key}", state.get_object(summary.key).read().decode()
