"""``facescreen report --cost``, on what a real run left in the state bucket."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deepfake.budget import DailyBudget
from facescreen.storage.oss import OssStateStore
from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.conftest import Command
from tests.integration.vendors import clients
from tests.support.cloud_client import LocalCloudClient
from tests.support.samples import sample_files


@pytest.fixture(scope="module")
def paid(both: tuple[LocalCloud, LocalCloudClient], avoid_midnight: None) -> int:
    """Three objects are screened, one of them is unfit; no cap is set."""
    cloud, cloud_client = both
    for key in ("a.jpg", "b.jpg"):
        cloud_client.put(key, sample_files(cloud)["flagged.jpg"])
        cloud_client.wait_for_message(key)
    cloud_client.put("unfit.jpg", b"no picture")
    cloud_client.wait_for_message("unfit.jpg")
    return len(cloud_client.billed_calls())


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_a_cap_the_history_tells(paid: int, facescreen: Command) -> None:
    said = told(facescreen("report", "--cost", "--json"))
    assert (said["calls"], said["usd"], said["cap"]) == (paid, 0.8, None)
    assert said["days"][0]["source"] == "history"


@pytest.mark.parametrize("operation", ["ListObjectsV2", "GetObject"])
def test_a_missing_permission_is_named(
    paid: int, operation: str, facescreen: Command, cloud_client: LocalCloudClient
) -> None:
    _draw(cloud_client)
    refused = {"operation": operation, "code": "AccessDenied", "status": 403, "times": 99}
    cloud_client.set_behaviour(oss={"faults": [refused]})
    done = facescreen("report", "--cost")
    assert done.returncode == 2
    assert "allow these credentials oss:ListObjects and oss:GetObject on" in done.stderr


def test_with_a_cap_it_is_what_was_drawn(
    facescreen: Command, cloud_client: LocalCloudClient
) -> None:
    _draw(cloud_client)
    before = told(facescreen("report", "--cost", "--json", DAILY_CALLS="9"))["calls"]
    _draw(cloud_client)
    said = told(facescreen("report", "--cost", "--json", DAILY_CALLS="9"))
    assert (said["days"][0]["source"], said["cap"]) == ("counted", 9)
    assert said["calls"] == before + 1
    assert "of 9" in facescreen("report", "--cost", DAILY_CALLS="9").stdout


def _draw(cloud_client: LocalCloudClient) -> None:
    state = OssStateStore(
        Credentials(*clients.key(cloud_client.env)),
        endpoint=cloud_client.env["OSS_ENDPOINT"],
        region=cloud_client.env["OSS_REGION"],
        bucket=cloud_client.env["STATE_BUCKET"],
    )
    DailyBudget(state, 9).reserve(0)
