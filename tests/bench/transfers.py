"""How long each form of TRANSFER takes, on a warm instance of the local cloud."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

FORMS = ("url", "stream", "inline", "auto")
SAMPLES = ("portrait.jpg", "12-megapixel.jpg", "clip.mp4")
ROUNDS = 9


@dataclass(frozen=True)
class Took:
    """One form and one sample."""

    form: str
    sample: str
    call_ms: float
    """The median from the transfer's begin to the service's answer."""


def run(folder: Path) -> list[Took]:
    """Every sample by every form."""
    took: list[Took] = []
    for form in FORMS:
        with run_local_cloud(folder / form, TRANSFER=form) as (cloud, cloud_client):
            files = sample_files(cloud)
            for sample in SAMPLES:
                times = _times(cloud_client, sample, files[sample])
                took.append(Took(form, sample, statistics.median(times)))
    return took


def _times(cloud_client: LocalCloudClient, sample: str, data: bytes) -> list[float]:
    """The call's milliseconds in each round but the first, which starts the instance."""
    times: list[float] = []
    for number in range(1 + ROUNDS):
        key = f"{number}/{sample}"
        # Other bytes each time: the same ones would not be screened again.
        cloud_client.put(key, data + number.to_bytes(2, "big"))
        times.append(cloud_client.wait_for_message(key)["data"]["timing"]["call_ms"])
    return times[1:]
