"""``facescreen backfill`` on the local cloud: which calls are paid for, and restarts."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.idle_cloud import BackfillCommand, idle_cloud, upload_portraits
from tests.support.cloud_client import LocalCloudClient
from tests.support.samples import sample_files
from tests.support.wait import wait_for

SETTINGS = {"CALLS_PER_SECOND": "200"}


@pytest.fixture(scope="module")
def cloud_and_client(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    with idle_cloud(tmp_path_factory.mktemp("quiet"), **SETTINGS) as cloud_and_client:
        yield cloud_and_client


@pytest.fixture
def cloud(cloud_and_client: tuple[LocalCloud, LocalCloudClient]) -> LocalCloud:
    return cloud_and_client[0]


@pytest.fixture
def cloud_client(cloud_and_client: tuple[LocalCloud, LocalCloudClient]) -> LocalCloudClient:
    cloud_and_client[1].wait_until_idle()
    cloud_and_client[1].admin.post("/reset")
    return cloud_and_client[1]


@pytest.fixture
def backfill(cloud_client: LocalCloudClient, tmp_path: Path) -> BackfillCommand:
    return BackfillCommand(cloud_client, tmp_path)


def assert_screened_once(cloud_client: LocalCloudClient, keys: list[str]) -> None:
    """Assert that each object has one paid call, one message, and its verdict tag."""
    cloud_client.wait_until_idle()
    bucket = cloud_client.env["OSS_BUCKET"]
    once = dict.fromkeys((f"oss://{bucket}/{key}" for key in keys), 1)
    assert Counter(call["object"] for call in cloud_client.billed_calls()) == once
    messages_by_key = Counter(
        message["data"]["object"]["key"] for message in cloud_client.receive_messages()
    )
    assert {key: messages_by_key[key] for key in keys} == dict.fromkeys(keys, 1)
    for key in keys:
        assert cloud_client.tags(key)["deepfake-verdict"] == "low_risk"


@pytest.mark.slow
def test_a_backfill_killed_twice_pays_for_each_object_once(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = upload_portraits(cloud, cloud_client, "killed/", 120)
    backfill.kill_after(1, "/killed/", "--share", "0.3")
    backfill.kill_after(60, "/killed/", "--share", "0.3")
    lines = backfill.lines("/killed/", "--share", "0.3")
    assert 60 <= lines[1]["submitted"] < 120
    assert lines[-1] == {
        "event": "ended",
        "submitted": 120,
        "left": 0,
        "cost_usd_at_most": 48.0,
        "stopped": "",
        "journal": "",
    }
    assert_screened_once(cloud_client, keys)
    again = backfill.lines("/killed/")
    assert (again[1]["to_screen"], again[1]["have_a_verdict"]) == (0, 120)


def test_ctrl_c_ends_cleanly_and_says_how_to_continue(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = upload_portraits(cloud, cloud_client, "stopped/", 60)
    with backfill.start("/stopped/", "--yes", "--share", "0.01") as process:
        wait_for(lambda: bool(cloud_client.invocations()), "the first invocation")
        os.kill(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Run the same command again to continue" in stderr
    assert backfill.lines("/stopped/")[-1]["submitted"] == 60
    assert_screened_once(cloud_client, keys)


def test_an_object_whose_tags_may_not_be_read_is_submitted_like_the_others(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = upload_portraits(cloud, cloud_client, "locked/", 3)
    path = f"/{cloud_client.env['OSS_BUCKET']}/{keys[1]}"
    fault = {"operation": "GetObjectTagging", "path": path, "code": "AccessDenied", "status": 403}
    cloud_client.set_behaviour(oss={"faults": [fault]})
    assert backfill.lines("/locked/")[-1]["submitted"] == 3
    assert_screened_once(cloud_client, keys)


def test_nothing_is_submitted_without_confirmation(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    upload_portraits(cloud, cloud_client, "asked/", 3)
    dry = backfill.run("/asked/", "--dry-run")
    assert dry.returncode == 0
    assert "At most 3 paid calls, USD 1.20" in dry.stdout
    unasked = backfill.run("/asked/")
    assert (unasked.returncode, "only with --yes" in unasked.stderr) == (64, True)
    whole = backfill.run("")
    assert (whole.returncode, "--all for the whole bucket" in whole.stderr) == (64, True)
    cloud_client.wait_until_idle()
    assert not cloud_client.invocations()


def test_on_a_terminal_it_asks_and_shows_progress(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = upload_portraits(cloud, cloud_client, "terminal/", 4)
    status, shown = backfill.on_terminal("n\n", "/terminal/")
    assert (status, "nothing was submitted or paid" in shown) == (64, True)
    cloud_client.wait_until_idle()
    assert not cloud_client.invocations()
    status, shown = backfill.on_terminal("y\n", "/terminal/")
    assert (status, "4/4" in shown, "at most USD 1.60" in shown) == (0, True, True)
    assert_screened_once(cloud_client, keys)


def test_a_journal_does_not_continue_with_another_selection(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    upload_portraits(cloud, cloud_client, "one/", 30)
    backfill.kill_after(1, "/one/", "--share", "0.02")
    other = backfill.run("/other/", "--yes")
    assert other.returncode == 64
    assert "prefix is 'other/', was 'one/'" in other.stderr
    assert backfill.lines("/one/")[-1]["submitted"] == 30


def test_missing_selects_objects_without_a_verdict_that_are_old_enough(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = upload_portraits(cloud, cloud_client, "swept/", 3)
    young = backfill.lines("/swept/", "--missing")
    assert (young[1]["to_screen"], young[1]["left_out"]) == (0, 3)
    many = backfill.run("/swept/", "--missing", "--until", "0m", "--most", "2")
    assert (many.returncode, "more than --most 2" in many.stderr) == (64, True)
    assert backfill.run("/swept/", "--missing", "--until", "0m").returncode == 0
    assert_screened_once(cloud_client, keys)


def test_with_force_objects_with_a_verdict_are_submitted_but_not_paid_for_again(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    keys = upload_portraits(cloud, cloud_client, "forced/", 3)
    backfill.lines("/forced/")
    assert_screened_once(cloud_client, keys)
    assert backfill.lines("/forced/", "--force")[-1]["submitted"] == 3
    assert_screened_once(cloud_client, keys)


def test_with_force_a_forged_verdict_is_corrected(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    key, flagged = "forged/a.jpg", sample_files(cloud)["flagged.jpg"]
    etag = hashlib.md5(flagged, usedforsecurity=False).hexdigest().upper()
    tags = {"deepfake-verdict": "low_risk", "deepfake-etag": etag}
    cloud_client.put(key, flagged, tags, is_distinct=False)
    assert backfill.lines("/forged/")[1]["have_a_verdict"] == 1
    backfill.lines("/forged/", "--force")
    cloud_client.wait_until_idle()
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"


def test_a_sample_estimates_the_flagged_share(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    upload_portraits(cloud, cloud_client, "sampled/", 30)
    lines = backfill.lines("/sampled/", "--sample", "10")
    assert lines[1]["paid_calls_at_most"] == 10
    sample = lines[-2]
    assert sample["verdicts"] == {"low_risk": 10}
    assert sample["rest"] == 20
    assert sample["flagged_share_95"][1] == pytest.approx(0.2775, abs=1e-3)
    assert len(cloud_client.billed_calls()) == 10


def test_filters_and_times_exclude_objects(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    upload_portraits(cloud, cloud_client, "left/", 2)
    cloud_client.put("left/notes.txt", b"text")
    filtered = backfill.lines("/left/", "--dry-run", EXCLUDE_SUFFIXES=".txt")
    assert (filtered[1]["to_screen"], filtered[1]["left_out"]) == (2, 1)
    old = backfill.lines("/left/", "--dry-run", "--since", "0m")
    assert (old[1]["to_screen"], old[1]["left_out"]) == (0, 3)


def test_a_missing_function_is_reported(
    backfill: BackfillCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    upload_portraits(cloud, cloud_client, "nowhere/", 2)
    result = backfill.run("/nowhere/", "--yes", FC_FUNCTION="absent")
    assert result.returncode == 2
    assert "there is no function 'absent'" in result.stderr
    assert backfill.lines("/nowhere/")[-1]["submitted"] == 2
