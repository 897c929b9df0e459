"""Screen a folder with the real command against a local ID Verification with a quota."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from facescreen_local.cloud import LocalCloud
from tests.support.call_times import CallTimes
from tests.support.cloud_client import LocalCloudClient
from tests.support.command import FACESCREEN, user_environment
from tests.support.samples import sample_files

LATENCY_MS = 300


@dataclass(frozen=True)
class FolderRun:
    """Result of one run of the command."""

    status: int
    stdout: str
    stderr: str
    call_times: CallTimes
    """Times of the paid calls."""
    throttled: int
    """Number of calls beyond the quota, which the service refused."""


def fill_folder(folder: Path, data: bytes, files: int) -> None:
    """Fill a folder with the same picture in files of different bytes."""
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:03}.jpg").write_bytes(data + number.to_bytes(2, "big"))


def run(
    cloud: LocalCloud, cloud_client: LocalCloudClient, folder: Path, *, files: int, quota: int
) -> FolderRun:
    """Screen `files` photographs, one of them flagged, at `quota` calls a second."""
    samples = sample_files(cloud)
    fill_folder(folder, samples["portrait.jpg"], files - 1)
    (folder / "flagged.jpg").write_bytes(samples["flagged.jpg"])
    cloud_client.admin.post("/reset")
    cloud_client.set_behaviour(cloudauth={"quota": quota, "latency_ms": LATENCY_MS})
    result = subprocess.run(
        [FACESCREEN, "screen", folder, "--json", "--yes", "--rate", str(quota)],
        env=user_environment(cloud_client.env),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    call_times = CallTimes.of(cloud_client.billed_calls())
    throttled = sum(call.code == "Throttling.Api" for call in cloud.cloudauth.calls)
    return FolderRun(result.returncode, result.stdout, result.stderr, call_times, throttled)
