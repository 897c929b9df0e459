"""``facescreen backfill`` on the local cloud: what is paid for, and what a kill leaves."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.idle_cloud import Backfill, fill, idle_cloud
from tests.support.cloud_client import LocalCloudClient
from tests.support.samples import sample_files
from tests.support.wait import wait_for

RATE = {"CALLS_PER_SECOND": "200"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with idle_cloud(tmp_path_factory.mktemp("quiet"), **RATE) as both:
        yield both


@pytest.fixture
def cloud(both: tuple[LocalCloud, LocalCloudClient]) -> LocalCloud:
    return both[0]


@pytest.fixture
def cloud_client(both: tuple[LocalCloud, LocalCloudClient]) -> LocalCloudClient:
    both[1].wait_until_idle()
    both[1].admin.post("/reset")
    return both[1]


@pytest.fixture
def backfill(cloud_client: LocalCloudClient, tmp_path: Path) -> Backfill:
    return Backfill(cloud_client, tmp_path)


def assert_once(cloud_client: LocalCloudClient, keys: list[str]) -> None:
    """Each has one paid call, one message, and its verdict."""
    cloud_client.wait_until_idle()
    bucket = cloud_client.env["OSS_BUCKET"]
    once = dict.fromkeys((f"oss://{bucket}/{key}" for key in keys), 1)
    assert Counter(call["object"] for call in cloud_client.billed_calls()) == once
    told = Counter(message["data"]["object"]["key"] for message in cloud_client.receive_messages())
    assert {key: told[key] for key in keys} == dict.fromkeys(keys, 1)
    for key in keys:
        assert cloud_client.tags(key)["deepfake-verdict"] == "low_risk"


def test_killed_twice_it_pays_for_each_object_once(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = fill(cloud, cloud_client, "killed/", 300)
    backfill.killed(1, "/killed/", "--share", "0.3")
    backfill.killed(150, "/killed/", "--share", "0.3")
    said = backfill.lines("/killed/", "--share", "0.3")
    assert 150 <= said[1]["submitted"] < 300
    assert said[-1] == {
        "event": "ended",
        "submitted": 300,
        "left": 0,
        "cost_usd_at_most": 120.0,
        "stopped": "",
        "journal": "",
    }
    assert_once(cloud_client, keys)
    again = backfill.lines("/killed/")
    assert (again[1]["to_screen"], again[1]["have_a_verdict"]) == (0, 300)


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = fill(cloud, cloud_client, "stopped/", 60)
    with backfill.begun("/stopped/", "--yes", "--share", "0.01") as process:
        wait_for(lambda: bool(cloud_client.invocations()), "the first invocation")
        os.kill(process.pid, signal.SIGINT)
        _, complained = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Run the same command again to continue" in complained
    assert backfill.lines("/stopped/")[-1]["submitted"] == 60
    assert_once(cloud_client, keys)


def test_nothing_is_submitted_unasked(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    fill(cloud, cloud_client, "asked/", 3)
    dry = backfill.run("/asked/", "--dry-run")
    assert dry.returncode == 0
    assert "At most 3 paid calls, USD 1.20" in dry.stdout
    unasked = backfill.run("/asked/")
    assert (unasked.returncode, "only with --yes" in unasked.stderr) == (64, True)
    whole = backfill.run("")
    assert (whole.returncode, "--all for the whole bucket" in whole.stderr) == (64, True)
    cloud_client.wait_until_idle()
    assert not cloud_client.invocations()


def test_on_a_terminal_it_asks_and_shows_how_far_it_is(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = fill(cloud, cloud_client, "terminal/", 4)
    status, shown = backfill.on_terminal("n\n", "/terminal/")
    assert (status, "nothing was submitted or paid" in shown) == (64, True)
    cloud_client.wait_until_idle()
    assert not cloud_client.invocations()
    status, shown = backfill.on_terminal("y\n", "/terminal/")
    assert (status, "4/4" in shown, "at most USD 1.60" in shown) == (0, True, True)
    assert_once(cloud_client, keys)


def test_another_selection_does_not_go_on_with_an_old_journal(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    fill(cloud, cloud_client, "one/", 30)
    backfill.killed(1, "/one/", "--share", "0.02")
    other = backfill.run("/other/", "--yes")
    assert other.returncode == 64
    assert "prefix is 'other/', was 'one/'" in other.stderr
    assert backfill.lines("/one/")[-1]["submitted"] == 30


def test_a_sweep_takes_what_has_no_verdict_and_is_old_enough(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = fill(cloud, cloud_client, "swept/", 3)
    young = backfill.lines("/swept/", "--missing")
    assert (young[1]["to_screen"], young[1]["left_out"]) == (0, 3)
    many = backfill.run("/swept/", "--missing", "--until", "0m", "--most", "2")
    assert (many.returncode, "more than --most 2" in many.stderr) == (64, True)
    assert backfill.run("/swept/", "--missing", "--until", "0m").returncode == 0
    assert_once(cloud_client, keys)


def test_forced_what_has_a_verdict_is_submitted_and_not_paid_again(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = fill(cloud, cloud_client, "forced/", 3)
    backfill.lines("/forced/")
    assert_once(cloud_client, keys)
    assert backfill.lines("/forced/", "--force")[-1]["submitted"] == 3
    assert_once(cloud_client, keys)


def test_a_forged_verdict_is_found_out_by_force(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    key, flagged = "forged/a.jpg", sample_files(cloud)["flagged.jpg"]
    etag = hashlib.md5(flagged, usedforsecurity=False).hexdigest().upper()
    cloud_client.put(key, flagged, {"deepfake-verdict": "low_risk", "deepfake-etag": etag})
    assert backfill.lines("/forged/")[1]["have_a_verdict"] == 1
    backfill.lines("/forged/", "--force")
    cloud_client.wait_until_idle()
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_a_sample_says_what_share_is_flagged(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    fill(cloud, cloud_client, "sampled/", 30)
    said = backfill.lines("/sampled/", "--sample", "10")
    assert said[1]["paid_calls_at_most"] == 10
    sampled = said[-2]
    assert sampled["verdicts"] == {"low_risk": 10}
    assert sampled["rest"] == 20
    assert sampled["flagged_share_95"][1] == pytest.approx(0.2775, abs=1e-3)
    assert len(cloud_client.billed_calls()) == 10


def test_filters_and_times_leave_objects_out(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    fill(cloud, cloud_client, "left/", 2)
    cloud_client.put("left/notes.txt", b"text")
    filtered = backfill.lines("/left/", "--dry-run", EXCLUDE_SUFFIXES=".txt")
    assert (filtered[1]["to_screen"], filtered[1]["left_out"]) == (2, 1)
    old = backfill.lines("/left/", "--dry-run", "--since", "0m")
    assert (old[1]["to_screen"], old[1]["left_out"]) == (0, 3)


def test_a_function_that_is_not_there_is_told(
    backfill: Backfill, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    fill(cloud, cloud_client, "nowhere/", 2)
    done = backfill.run("/nowhere/", "--yes", FC_FUNCTION="absent")
    assert done.returncode == 2
    assert "there is no function 'absent'" in done.stderr
    assert backfill.lines("/nowhere/")[-1]["submitted"] == 2
