"""The time from an upload's event to its tag, in an unversioned and in a versioned bucket: the
price of waiting until the revision of an unversioned object is certain."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files
from tests.support.wait import wait_for

UPLOADS = 100
SERVICE_MS = 350
"""The latency of the local ID Verification."""
_INTERVAL_S = 0.2
_WARM = 8


@dataclass(frozen=True)
class EventToTag:
    """Milliseconds from the event to the look after the tagging request."""

    bucket: str
    median_ms: float
    p99_ms: float
    settling_ms: float
    """The median of the first step, which reads the object and waits."""
    window_ms: float
    """The median of the steps in which an overwritten object may have the old verdict: from before
    the look that precedes the tagging request until the look after it."""
    window_p99_ms: float


def run(folder: Path) -> list[EventToTag]:
    """Measure both kinds of buckets, with uploads at random moments of a second."""
    return [
        _measure(folder / name, name, versioned=name == "versioned")
        for name in ("unversioned", "versioned")
    ]


def _measure(folder: Path, name: str, *, versioned: bool) -> EventToTag:
    with run_local_cloud(folder) as (cloud, cloud_client):
        cloud.oss.create_bucket(cloud_client.env["OSS_BUCKET"], versioning=versioned)
        photo = sample_files(cloud)["portrait.jpg"]
        cloud_client.set_behaviour(cloudauth={"latency_ms": SERVICE_MS})
        _upload(cloud_client, "warm", photo, _WARM)
        _upload(cloud_client, "measured", photo, UPLOADS)
        timings = [
            message["data"]["timing"]
            for message in cloud_client.receive_messages()
            if message["data"]["object"]["key"].startswith("measured/")
        ]
    milliseconds = [timing["queued_ms"] + timing["total_ms"] for timing in timings]
    windows_ms = [timing["record_ms"] + timing["tag_ms"] for timing in timings]
    return EventToTag(
        name,
        statistics.median(milliseconds),
        _compute_p99(milliseconds),
        statistics.median(timing["look_ms"] for timing in timings),
        statistics.median(windows_ms),
        _compute_p99(windows_ms),
    )


def _compute_p99(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=100)[98]


def _upload(cloud_client: LocalCloudClient, folder: str, photo: bytes, count: int) -> None:
    for number in range(count):
        cloud_client.put(f"{folder}/{number}.jpg", photo)
        time.sleep(random.uniform(0, 2 * _INTERVAL_S))  # noqa: S311
    total = len(cloud_client.messages) + count
    wait_for(lambda: len(cloud_client.receive_messages()) >= total, "every message", 120)
    cloud_client.wait_until_idle()
