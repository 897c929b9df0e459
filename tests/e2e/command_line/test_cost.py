"""``facescreen report --cost`` with the state bucket of a real run."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deepfake.budget import DailyBudget
from facescreen.storage.oss.state_store import OssStateStore
from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.conftest import RunCommand
from tests.integration.vendors import clients
from tests.support.cloud_client import LocalCloudClient
from tests.support.samples import sample_files


@pytest.fixture(scope="module")
def paid_calls(cloud_and_client: tuple[LocalCloud, LocalCloudClient], avoid_midnight: None) -> int:
    """Number of paid calls for three objects, one of them unscreenable, without a daily limit."""
    cloud, cloud_client = cloud_and_client
    for key in ("a.jpg", "b.jpg"):
        cloud_client.put(key, sample_files(cloud)["flagged.jpg"])
        cloud_client.wait_for_message(key)
    cloud_client.put("unfit.jpg", b"no picture")
    cloud_client.wait_for_message("unfit.jpg")
    return len(cloud_client.billed_calls())


def json_output(result: subprocess.CompletedProcess[str]) -> Any:
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_without_a_daily_limit_the_cost_comes_from_the_history(
    paid_calls: int, facescreen: RunCommand
) -> None:
    report = json_output(facescreen("report", "--cost", "--json"))
    assert (report["calls"], report["usd"], report["cap"]) == (paid_calls, 0.8, None)
    assert report["days"][0]["source"] == "history"


@pytest.mark.parametrize("operation", ["ListObjectsV2", "GetObject"])
def test_a_missing_permission_is_named(
    paid_calls: int, operation: str, facescreen: RunCommand, cloud_client: LocalCloudClient
) -> None:
    _use_one_call(cloud_client)
    fault = {"operation": operation, "code": "AccessDenied", "status": 403, "times": 99}
    cloud_client.set_behaviour(oss={"faults": [fault]})
    result = facescreen("report", "--cost")
    assert result.returncode == 2
    assert "allow these credentials oss:ListObjects and oss:GetObject on" in result.stderr


def test_with_a_daily_limit_the_cost_comes_from_the_budget(
    facescreen: RunCommand, cloud_client: LocalCloudClient
) -> None:
    _use_one_call(cloud_client)
    before = json_output(facescreen("report", "--cost", "--json", DAILY_CALLS="9"))["calls"]
    _use_one_call(cloud_client)
    report = json_output(facescreen("report", "--cost", "--json", DAILY_CALLS="9"))
    assert (report["days"][0]["source"], report["cap"]) == ("counted", 9)
    assert report["calls"] == before + 1
    assert "of 9" in facescreen("report", "--cost", DAILY_CALLS="9").stdout


def _use_one_call(cloud_client: LocalCloudClient) -> None:
    state = OssStateStore(
        Credentials(*clients.key(cloud_client.env)),
        endpoint=cloud_client.env["OSS_ENDPOINT"],
        region=cloud_client.env["OSS_REGION"],
        bucket=cloud_client.env["STATE_BUCKET"],
    )
    DailyBudget(state, 9).reserve(0)
