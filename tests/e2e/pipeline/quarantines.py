"""Settings and helpers for tests of the quarantine on the local cloud."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import oss2

from tests.support.cloud_client import LocalCloudClient
from tests.support.command import FACESCREEN, user_environment

MOVE_SETTINGS = {
    "QUARANTINE": "move",
    # The watched bucket itself, so every copy raises an event that must be ignored.
    "QUARANTINE_BUCKET": "selfies",
    "EXCLUDE_PREFIXES": "quarantine/",
    # The local cloud's verdicts are scripted by the samples, so they must be allowed explicitly.
    "QUARANTINE_STAND_IN": "true",
}
PRIVATE_SETTINGS = {"QUARANTINE": "private", "QUARANTINE_STAND_IN": "true"}


def quarantined_keys(cloud_client: LocalCloudClient, key: str) -> list[str]:
    """Return the quarantine keys of the objects moved from `key`."""
    objects = oss2.ObjectIterator(cloud_client.bucket, "quarantine/")
    return [summary.key for summary in objects if summary.key.endswith(f"/{key}")]


def object_exists(cloud_client: LocalCloudClient, key: str) -> bool:
    exists: bool = cloud_client.bucket.object_exists(key)
    return exists


def read_object(cloud_client: LocalCloudClient, key: str) -> bytes:
    data: bytes = cloud_client.bucket.get_object(key).read()
    return data


def release(
    cloud_client: LocalCloudClient, *arguments: str
) -> tuple[int, list[dict[str, Any]], str]:
    """Run ``facescreen release``. Returns exit code, JSON lines and stderr."""
    result = subprocess.run(
        [FACESCREEN, "release", "--json", *arguments],
        env=user_environment(cloud_client.env, **MOVE_SETTINGS),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in result.stderr
    return (
        result.returncode,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
    )
