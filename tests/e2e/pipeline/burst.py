"""A burst of uploads larger than the quota, and its result."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from tests.support.call_times import CallTimes
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files
from tests.support.wait import wait_for

QUOTA = 10
"""Calls a second."""
UPLOADS, CLIENTS = 200, 8
_WARM = 24


@dataclass(frozen=True)
class BurstResult:
    """Messages, paid calls and verdicts of a burst of uploads."""

    keys: list[str]
    published: list[str]
    """Keys of the messages."""
    paid: list[str]
    """Keys of the billed calls."""
    verdicts: dict[str, str]
    """Verdict tags by key."""
    call_times: CallTimes
    """Times of the billed calls."""


def run(folder: Path) -> BurstResult:
    """Upload from several clients at the same time to a service that enforces the quota."""
    with run_local_cloud(folder, CALLS_PER_SECOND=str(QUOTA)) as (cloud, cloud_client):
        photo = sample_files(cloud)["flagged.jpg"]
        # Start the instances first: two cores can't start twenty within the time of a call.
        _upload(cloud_client, [f"warm/{number}.jpg" for number in range(_WARM)], photo)
        wait_for(lambda: len(cloud_client.receive_messages()) >= _WARM, "the first messages")
        cloud_client.wait_until_idle()
        cloud_client.admin.post("/reset")
        cloud_client.set_behaviour(cloudauth={"quota": QUOTA, "latency_ms": 300})
        cloud_client.messages.clear()

        keys = [f"burst/{number}.jpg" for number in range(UPLOADS)]
        clients = [
            threading.Thread(target=_upload, args=[cloud_client, keys[n::CLIENTS], photo])
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        wait_for(lambda: len(cloud_client.receive_messages()) >= UPLOADS, "every message", 180)
        cloud_client.wait_until_idle()
        for client in clients:
            client.join()
        calls = cloud_client.billed_calls()
        return BurstResult(
            keys=keys,
            published=[m["data"]["object"]["key"] for m in cloud_client.receive_messages()],
            paid=[call["object"].split("/", 3)[3] for call in calls],
            verdicts={key: cloud_client.tags(key)["deepfake-verdict"] for key in keys},
            call_times=CallTimes.of(calls),
        )


def _upload(cloud_client: LocalCloudClient, keys: list[str], photo: bytes) -> None:
    """Upload with a client of its own."""
    client = LocalCloudClient(cloud_client.env, verdicts_file=cloud_client.verdicts_file)
    for key in keys:
        client.put(key, photo)
    client.close()
