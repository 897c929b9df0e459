"""Quarantine on the whole local cloud: no loops, nothing lost, and a release costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.pipeline.quarantines import (
    MOVE_SETTINGS,
    PRIVATE_SETTINGS,
    object_exists,
    quarantined_keys,
    read_object,
    release,
)
from tests.support.cloud_client import LocalCloudClient, run_local_cloud, run_versioned_cloud
from tests.support.distinct import make_distinct
from tests.support.samples import sample_files
from tests.support.wait import wait_for

GOOD, FLAGGED = "portrait.jpg", "flagged.jpg"


@pytest.fixture(scope="module")
def running_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    # Only a version can be deleted for certain.
    folder = tmp_path_factory.mktemp("quarantine")
    with run_versioned_cloud(folder, **MOVE_SETTINGS) as cloud_and_client:
        yield cloud_and_client


@pytest.fixture(scope="module")
def photos(cloud: LocalCloud) -> dict[str, bytes]:
    """The samples' bytes by name."""
    return sample_files(cloud)


def test_a_flagged_upload_is_moved_with_metadata_and_tags(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    original = "a b/é+1%.jpg"
    headers = {"Content-Type": "image/jpeg", "x-oss-meta-user": "42"}
    cloud_client.put(original, photos[FLAGGED], {"team": "kyc"}, headers=headers)
    data = cloud_client.wait_for_message(original)["data"]
    cloud_client.wait_until_idle()
    (key,) = quarantined_keys(cloud_client, original)
    assert data["quarantine"] == {
        "action": "move",
        "status": "moved",
        "detail": "",
        "bucket": "selfies",
        "key": key,
    }
    assert not object_exists(cloud_client, original)
    assert read_object(cloud_client, key) == make_distinct(photos[FLAGGED], original)
    head = cloud_client.bucket.head_object(key)
    assert (head.content_type, head.headers["x-oss-meta-user"]) == ("image/jpeg", "42")
    assert cloud_client.tags(key)["deepfake-verdict"] == data["verdict"] == "high_risk"
    assert cloud_client.tags(key)["team"] == "kyc"


def test_a_clean_upload_stays(cloud_client: LocalCloudClient, photos: dict[str, bytes]) -> None:
    cloud_client.put("clean.jpg", photos[GOOD])
    assert "quarantine" not in cloud_client.wait_for_message("clean.jpg")["data"]
    cloud_client.wait_until_idle()
    assert object_exists(cloud_client, "clean.jpg")
    assert quarantined_keys(cloud_client, "clean.jpg") == []


@pytest.mark.slow
def test_an_event_storm_does_not_loop(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    """Each upload and copy raises an event, and each event is delivered three times. Some copies,
    deletions and messages fail."""
    faults = [
        {"operation": operation, "code": "InternalError", "times": 3}
        for operation in ("CopyObject", "DeleteObject")
    ]
    cloud_client.set_behaviour(
        fc={"duplicates": 2, "retry_delay_ms": 50},
        oss={"faults": faults},
        mns={"rates": {"InternalError": 0.1}},
    )
    keys = [f"storm/{number}.jpg" for number in range(8)]
    for key in keys:
        cloud_client.put(key, photos[FLAGGED])
    cloud_client.wait_until_idle()
    cloud_client.set_behaviour(mns={})
    dead_letters = str(
        [dead_letter["requestPayload"] for dead_letter in cloud_client.receive_dead_letters()]
    )
    for key in keys:
        copies = [read_object(cloud_client, one) for one in quarantined_keys(cloud_client, key)]
        assert copies == [make_distinct(photos[FLAGGED], key)]
        assert key in dead_letters or (
            cloud_client.messages_about(key) and not object_exists(cloud_client, key)
        )
        assert len(cloud_client.billed_calls(key)) == 1
    copied = [summary.key for summary in oss2.ObjectIterator(cloud_client.bucket, "quarantine/")]
    assert all(key.count("quarantine/") == 1 for key in copied)
    assert not [
        m for m in cloud_client.receive_messages() if "quarantine/" in m["data"]["object"]["key"]
    ]
    # An event is tried at most four times, and a copy is repeated at most three times.
    assert len(cloud_client.invocations()) <= 8 * 3 * 4 + (8 + 3) * 3


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        pytest.param("CopyObject", True, marks=pytest.mark.slow),
        pytest.param("DeleteObject", False, marks=pytest.mark.slow),
        ("DeleteObject", True),
    ],
)
def test_a_kill_around_copy_and_deletion_loses_nothing(
    operation: str, after: bool, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    key = f"killed-{operation}-{after}.jpg"
    fault = {"operation": operation, "after": after, "kill": True}
    cloud_client.set_behaviour(oss={"faults": [fault]}, fc={"retry_delay_ms": 50})
    cloud_client.put(key, photos[FLAGGED])
    cloud_client.wait_for_message(key)
    cloud_client.wait_until_idle()
    assert "killed" in {entry["status"] for entry in cloud_client.invocations()}
    assert not object_exists(cloud_client, key)
    (quarantined_key,) = quarantined_keys(cloud_client, key)
    assert read_object(cloud_client, quarantined_key) == make_distinct(photos[FLAGGED], key)
    assert cloud_client.tags(quarantined_key)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in cloud_client.messages_about(key)}) == 1
    assert len(cloud_client.billed_calls(key)) == 1


@pytest.mark.parametrize(
    ("service", "operation"), [("oss", "CopyObject"), ("mns", "PublishMessage")]
)
def test_an_overwrite_during_the_quarantine_is_not_deleted(
    service: str, operation: str, cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    """The overwrite comes before the copy, or between the copy and the deletion of the version."""
    key = f"overwritten-{operation}.jpg"
    cloud_client.set_behaviour(**{service: {"faults": [{"operation": operation, "hang_s": 2}]}})
    cloud_client.put(key, photos[FLAGGED])
    wait_for(lambda: cloud_client.all_faults_used(service), f"a {operation} that hangs")
    assert len(cloud_client.billed_calls(key)) == 1
    new = cloud_client.put(key, photos[GOOD])
    wait_for(
        lambda: "low_risk" in [m["data"]["verdict"] for m in cloud_client.messages_about(key)],
        "its own",
    )
    cloud_client.wait_until_idle()
    assert read_object(cloud_client, key) == make_distinct(photos[GOOD], key)
    tags = cloud_client.tags(key)
    assert (tags["deepfake-verdict"], tags["deepfake-etag"]) == ("low_risk", new)
    assert len(quarantined_keys(cloud_client, key)) == 1


def test_a_release_makes_no_call_and_does_not_quarantine_again(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    key = "released.jpg"
    headers = {"Content-Type": "image/jpeg", "x-oss-meta-user": "42"}
    cloud_client.put(key, photos[FLAGGED], headers=headers)
    cloud_client.wait_for_message(key)
    cloud_client.wait_until_idle()
    (quarantined_key,) = quarantined_keys(cloud_client, key)
    uri = f"oss://selfies/{quarantined_key}"
    status, (line,), _ = release(cloud_client, "--dry-run", uri)
    assert (status, line["status"]) == (0, "to_release")
    assert line["detail"] == f"move back to oss://selfies/{key}"
    status, lines, stderr = release(cloud_client, uri)
    assert (status, lines) == (64, [])
    assert "only with --yes" in stderr
    assert quarantined_keys(cloud_client, key) == [quarantined_key]
    status, (line,), _ = release(cloud_client, "--yes", uri)
    assert (status, line["status"]) == (0, "released")
    second = cloud_client.wait_for_message(key, 2)["data"]
    cloud_client.wait_until_idle()
    assert second["quarantine"]["status"] == "released"
    assert read_object(cloud_client, key) == make_distinct(photos[FLAGGED], key)
    head = cloud_client.bucket.head_object(key)
    assert (head.content_type, head.headers["x-oss-meta-user"]) == ("image/jpeg", "42")
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"
    assert quarantined_keys(cloud_client, key) == []
    assert len(cloud_client.billed_calls(key)) == 1
    assert len(cloud_client.messages_about(key)) == 2


def test_a_release_does_not_overwrite_a_newer_object(
    cloud_client: LocalCloudClient, photos: dict[str, bytes]
) -> None:
    key = "newer.jpg"
    cloud_client.put(key, photos[FLAGGED])
    cloud_client.wait_for_message(key)
    cloud_client.wait_until_idle()
    cloud_client.put(key, photos[GOOD])
    (quarantined_key,) = quarantined_keys(cloud_client, key)
    status, (line,), _ = release(cloud_client, "--yes", f"oss://selfies/{quarantined_key}")
    assert (status, line["status"]) == (2, "not_released")
    assert "there is another object at" in line["detail"]
    assert read_object(cloud_client, key) == make_distinct(photos[GOOD], key)
    assert quarantined_keys(cloud_client, key) == [quarantined_key]


def test_an_object_is_made_private_and_released(tmp_path: Path) -> None:
    with run_local_cloud(tmp_path, **PRIVATE_SETTINGS) as (cloud, cloud_client):
        photo = sample_files(cloud)[FLAGGED]
        public = f"{cloud.oss.url}/selfies/open.jpg"
        cloud_client.bucket.put_object("open.jpg", photo, {"x-oss-object-acl": "public-read"})
        assert (
            cloud_client.wait_for_message("open.jpg")["data"]["quarantine"]["status"] == "private"
        )
        assert httpx.get(public).status_code == 403
        assert read_object(cloud_client, "open.jpg") == photo
        status, (line,), _ = release(cloud_client, "--yes", "oss://selfies/open.jpg")
        assert (status, line["status"]) == (0, "released")
        assert httpx.get(public).content == photo


def test_a_move_without_versions_copies_the_object_and_makes_the_original_private(
    tmp_path: Path,
) -> None:
    with run_local_cloud(tmp_path, **MOVE_SETTINGS) as (cloud, cloud_client):
        photo = sample_files(cloud)[FLAGGED]
        public = f"{cloud.oss.url}/selfies/open.jpg"
        cloud_client.put("open.jpg", photo, headers={"x-oss-object-acl": "public-read"})
        quarantine = cloud_client.wait_for_message("open.jpg")["data"]["quarantine"]
        assert (quarantine["action"], quarantine["status"]) == ("move", "private")
        assert quarantined_keys(cloud_client, "open.jpg") == [quarantine["key"]]
        assert httpx.get(public).status_code == 403
        cloud_client.wait_until_idle()
        assert len(cloud_client.billed_calls()) == 1


def test_an_emulators_verdict_does_not_quarantine_by_default(tmp_path: Path) -> None:
    settings = {
        name: value for name, value in MOVE_SETTINGS.items() if name != "QUARANTINE_STAND_IN"
    }
    with run_local_cloud(tmp_path, **settings) as (cloud, cloud_client):
        photo = sample_files(cloud)[FLAGGED]
        cloud_client.put("flagged.jpg", photo)
        data = cloud_client.wait_for_message("flagged.jpg")["data"]
        assert data["quarantine"]["status"] == "withheld"
        cloud_client.wait_until_idle()
        assert object_exists(cloud_client, "flagged.jpg")
