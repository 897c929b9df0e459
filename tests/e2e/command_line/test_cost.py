"""``facescreen report --cost``, on what a real run left in the state bucket."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deepfake.budget import DailyBudget
from facescreen.storage.oss import OssState
from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.conftest import Command
from tests.integration.vendors import clients
from tests.support.outside import Outside
from tests.support.samples import sample_files


@pytest.fixture(scope="module")
def paid(both: tuple[LocalCloud, Outside], within_a_day: None) -> int:
    """Three objects are screened, one of them is unfit; no cap is set."""
    cloud, outside = both
    for key in ("a.jpg", "b.jpg"):
        outside.put(key, sample_files(cloud)["flagged.jpg"])
        outside.wait_for_message(key)
    outside.put("unfit.jpg", b"no picture")
    outside.wait_for_message("unfit.jpg")
    return len(outside.calls())


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_a_cap_the_history_tells(paid: int, facescreen: Command) -> None:
    said = told(facescreen("report", "--cost", "--json"))
    assert (said["calls"], said["usd"], said["cap"]) == (paid, 0.8, None)
    assert said["days"][0]["source"] == "history"


@pytest.mark.parametrize("operation", ["ListObjectsV2", "GetObject"])
def test_a_missing_permission_is_named(
    paid: int, operation: str, facescreen: Command, outside: Outside
) -> None:
    _draw(outside)
    refused = {"operation": operation, "code": "AccessDenied", "status": 403, "times": 99}
    outside.behave(oss={"faults": [refused]})
    done = facescreen("report", "--cost")
    assert done.returncode == 2
    assert "allow these credentials oss:ListObjects and oss:GetObject on" in done.stderr


def test_with_a_cap_it_is_what_was_drawn(facescreen: Command, outside: Outside) -> None:
    _draw(outside)
    before = told(facescreen("report", "--cost", "--json", DAILY_CALLS="9"))["calls"]
    _draw(outside)
    said = told(facescreen("report", "--cost", "--json", DAILY_CALLS="9"))
    assert (said["days"][0]["source"], said["cap"]) == ("counted", 9)
    assert said["calls"] == before + 1
    assert "of 9" in facescreen("report", "--cost", DAILY_CALLS="9").stdout


def _draw(outside: Outside) -> None:
    state = OssState(
        Credentials(*clients.key(outside.told)),
        endpoint=outside.told["OSS_ENDPOINT"],
        region=outside.told["OSS_REGION"],
        bucket=outside.told["STATE_BUCKET"],
    )
    DailyBudget(state, 9).reserve(0)
