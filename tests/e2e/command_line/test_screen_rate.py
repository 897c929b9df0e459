"""The rate limit when screening a folder, and Ctrl-C during a run.

``make bench`` measures how close a long run comes to the quota. In a short run, a single call
delayed by a busy machine would distort the result.
"""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line import folder
from tests.support.cloud_client import LocalCloudClient
from tests.support.command import FACESCREEN, user_environment
from tests.support.samples import sample_files

FILES, QUOTA = 60, 20


def test_a_folder_stays_within_the_quota_when_responses_are_slow(
    cloud: LocalCloud, cloud_client: LocalCloudClient, tmp_path: Path
) -> None:
    run = folder.run(cloud, cloud_client, tmp_path / "photos", files=FILES, quota=QUOTA)
    assert run.status == 1, run.stderr
    assert len(run.call_times.times) == len(run.stdout.splitlines()) == FILES
    assert run.call_times.busiest_second <= QUOTA
    # Without a rate limit there are 1.5 throttled calls per file. A busy machine may cause some.
    assert run.throttled <= 0.75 * FILES
    sequential_rate = 1000 / folder.LATENCY_MS
    assert run.call_times.rate > 2 * sequential_rate


def test_ctrl_c_keeps_the_results_so_far(
    cloud: LocalCloud, cloud_client: LocalCloudClient, tmp_path: Path
) -> None:
    folder.fill_folder(tmp_path / "photos", sample_files(cloud)["portrait.jpg"], FILES)
    with subprocess.Popen(
        [FACESCREEN, "screen", tmp_path / "photos", "--json", "--yes", "--rate", "10"],
        env=user_environment(cloud_client.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            first = [process.stdout.readline() for _ in range(8)]
            process.send_signal(signal.SIGINT)
            rest, output = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130, output
    lines = [json.loads(line) for line in [*first, *rest.splitlines()]]
    assert {line["verdict"] for line in lines} == {"low_risk"}
    # Each paid call is reported, and files that wait for a slot are not started.
    assert len(cloud_client.billed_calls()) == len(lines) < 15
    assert f"{len(lines)} screened" in output
    assert f"{FILES - len(lines)} not screened" in output
