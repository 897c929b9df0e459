"""The duration of the call with each value of TRANSFER, on a warm local instance."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

TRANSFERS = ("url", "stream", "inline", "auto")
SAMPLES = ("portrait.jpg", "12-megapixel.jpg", "clip.mp4")
ROUNDS = 9


@dataclass(frozen=True)
class TransferTime:
    """The duration for one transfer and one sample."""

    transfer: str
    sample: str
    call_ms: float
    """The median from the start of the transfer to the service's response."""


def run(folder: Path) -> list[TransferTime]:
    """Measure every sample with every transfer."""
    transfer_times: list[TransferTime] = []
    for transfer in TRANSFERS:
        with run_local_cloud(folder / transfer, TRANSFER=transfer) as (cloud, cloud_client):
            files = sample_files(cloud)
            for sample in SAMPLES:
                times = _measure_calls(cloud_client, sample, files[sample])
                transfer_times.append(TransferTime(transfer, sample, statistics.median(times)))
    return transfer_times


def _measure_calls(cloud_client: LocalCloudClient, sample: str, data: bytes) -> list[float]:
    """The milliseconds of each call except the first, which starts the instance."""
    times: list[float] = []
    for number in range(1 + ROUNDS):
        key = f"{number}/{sample}"
        # Different bytes each time, because the same bytes are not screened again.
        cloud_client.put(key, data + number.to_bytes(2, "big"))
        times.append(cloud_client.wait_for_message(key)["data"]["timing"]["call_ms"])
    return times[1:]
