"""Search everything that functions wrote for secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.aws.cloud import SOURCES, STATE, AwsCloud
from tests.e2e.aws.configuration import FunctionConfiguration

# Parameters of presigned URLs, and the start of a JPEG in Base64.
_FORBIDDEN = re.compile(r"X-Amz-(Signature|Credential|Security-Token)|/9j/4", re.IGNORECASE)


def find(cloud: AwsCloud, log: Path, functions: list[FunctionConfiguration]) -> list[str]:
    """Return the places that contain a secret, or an empty list."""
    secret_values = [text for one in functions for text in (one.secret_key, one.session_token)]
    secret_values.append(cloud.local_account.key.access_key_secret)
    return [
        place
        for place, text in _read_all_output(cloud, log)
        if _FORBIDDEN.search(text) or any(secret in text for secret in secret_values)
    ]


def _read_all_output(cloud: AwsCloud, log: Path) -> Iterator[tuple[str, str]]:
    yield "log", log.read_text()
    for url in (cloud.topic_queue_url, cloud.verdicts_url, cloud.bus_queue_url):
        yield url, json.dumps(cloud.messages(url))
    for bucket in SOURCES:
        for key in cloud.list_keys(bucket):
            yield f"tags of {key}", json.dumps(cloud.tags(bucket, key))
    for key in cloud.list_keys(STATE):
        yield key, cloud.s3.get_object(Bucket=STATE, Key=key)["Body"].read().decode()
