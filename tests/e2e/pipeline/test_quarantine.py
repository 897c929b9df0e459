"""Quarantine on the local cloud whole: nothing loops, nothing is lost, and the way back is free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest

from facescreen_local.cloud import LocalCloud
from tests.e2e.pipeline.quarantines import MOVE, PRIVATE, is_there, moved, read, release
from tests.support.outside import Outside, running
from tests.support.samples import sample_files
from tests.support.wait import wait_for

GOOD, FLAGGED = "portrait.jpg", "flagged.jpg"


@pytest.fixture(scope="module")
def running_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running(tmp_path_factory.mktemp("quarantine"), **MOVE) as both:
        yield both


@pytest.fixture(scope="module")
def photos(cloud: LocalCloud) -> dict[str, bytes]:
    """The samples' bytes by name."""
    return sample_files(cloud)


def test_a_flagged_upload_is_moved_with_all_that_was_on_it(
    outside: Outside, photos: dict[str, bytes]
) -> None:
    headers = {"Content-Type": "image/jpeg", "x-oss-meta-user": "42", "x-oss-tagging": "team=kyc"}
    outside.bucket.put_object("a b/é+1%.jpg", photos[FLAGGED], headers)
    data = outside.wait_for_message("a b/é+1%.jpg")["data"]
    outside.settled()
    (key,) = moved(outside, "a b/é+1%.jpg")
    assert data["quarantine"] == {
        "action": "move",
        "status": "moved",
        "detail": "",
        "bucket": "selfies",
        "key": key,
    }
    assert not is_there(outside, "a b/é+1%.jpg")
    assert read(outside, key) == photos[FLAGGED]
    found = outside.bucket.head_object(key)
    assert (found.content_type, found.headers["x-oss-meta-user"]) == ("image/jpeg", "42")
    assert outside.tags(key)["deepfake-verdict"] == data["verdict"] == "high_risk"
    assert outside.tags(key)["team"] == "kyc"


def test_a_clean_upload_stays(outside: Outside, photos: dict[str, bytes]) -> None:
    outside.put("clean.jpg", photos[GOOD])
    assert "quarantine" not in outside.wait_for_message("clean.jpg")["data"]
    outside.settled()
    assert is_there(outside, "clean.jpg")
    assert moved(outside, "clean.jpg") == []


def test_an_event_storm_does_not_loop(outside: Outside, photos: dict[str, bytes]) -> None:
    """Each upload and each copy raises an event, and each event comes three times; copies,
    deletions and messages fail now and then."""
    refused = [
        {"operation": operation, "code": "InternalError", "times": 3}
        for operation in ("CopyObject", "DeleteObject")
    ]
    outside.behave(
        fc={"duplicates": 2, "retry_delay_ms": 50},
        oss={"faults": refused},
        mns={"rates": {"InternalError": 0.1}},
    )
    keys = [f"storm/{number}.jpg" for number in range(8)]
    for key in keys:
        outside.put(key, photos[FLAGGED])
    outside.settled()
    outside.behave(mns={})
    dead = str([letter["requestPayload"] for letter in outside.dead_letters()])
    for key in keys:
        held = [read(outside, one) for one in moved(outside, key)]
        assert held == [photos[FLAGGED]]
        assert key in dead or (outside.messages_of(key) and not is_there(outside, key))
        assert len(outside.calls(key)) == 1
    copied = [found.key for found in oss2.ObjectIterator(outside.bucket, "quarantine/")]
    assert all(key.count("quarantine/") == 1 for key in copied)
    assert not [m for m in outside.receive() if "quarantine/" in m["data"]["object"]["key"]]
    # An event is tried four times at most, and a copy was made again three times at most.
    assert len(outside.invocations()) <= 8 * 3 * 4 + (8 + 3) * 3


@pytest.mark.parametrize(
    ("operation", "after"), [("CopyObject", True), ("DeleteObject", False), ("DeleteObject", True)]
)
def test_a_kill_between_copy_and_deletion_or_after_both_loses_nothing(
    operation: str, after: bool, outside: Outside, photos: dict[str, bytes]
) -> None:
    key = f"killed-{operation}-{after}.jpg"
    fault = {"operation": operation, "after": after, "kill": True}
    outside.behave(oss={"faults": [fault]}, fc={"retry_delay_ms": 50})
    outside.put(key, photos[FLAGGED])
    outside.wait_for_message(key)
    outside.settled()
    assert "killed" in {entry["status"] for entry in outside.invocations()}
    assert not is_there(outside, key)
    (held,) = moved(outside, key)
    assert read(outside, held) == photos[FLAGGED]
    assert outside.tags(held)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in outside.messages_of(key)}) == 1
    assert len(outside.calls(key)) == 1


@pytest.mark.parametrize(
    ("service", "operation"), [("oss", "CopyObject"), ("mns", "PublishMessage")]
)
def test_what_overwrites_it_meanwhile_is_not_deleted(
    service: str, operation: str, outside: Outside, photos: dict[str, bytes]
) -> None:
    """Before the copy, and between the copy and the last look before the deletion."""
    key = f"overwritten-{operation}.jpg"
    outside.behave(**{service: {"faults": [{"operation": operation, "hang_s": 2}]}})
    outside.put(key, photos[FLAGGED])
    wait_for(lambda: outside.all_faults_met(service), f"a {operation} that hangs")
    assert len(outside.calls(key)) == 1
    new = outside.put(key, photos[GOOD])
    wait_for(
        lambda: "low_risk" in [m["data"]["verdict"] for m in outside.messages_of(key)], "its own"
    )
    outside.settled()
    assert read(outside, key) == photos[GOOD]
    tags = outside.tags(key)
    assert (tags["deepfake-verdict"], tags["deepfake-etag"]) == ("low_risk", new)
    assert len(moved(outside, key)) == (operation == "PublishMessage")


def test_a_release_and_its_event_cost_nothing_and_move_nothing(
    outside: Outside, photos: dict[str, bytes]
) -> None:
    key = "released.jpg"
    headers = {"Content-Type": "image/jpeg", "x-oss-meta-user": "42"}
    outside.bucket.put_object(key, photos[FLAGGED], headers)
    outside.wait_for_message(key)
    outside.settled()
    (held,) = moved(outside, key)
    uri = f"oss://selfies/{held}"
    status, (line,), _ = release(outside, "--dry-run", uri)
    assert (status, line["status"]) == (0, "to_release")
    assert line["detail"] == f"back to oss://selfies/{key}"
    status, lines, said = release(outside, uri)
    assert (status, lines) == (64, [])
    assert "only with --yes" in said
    assert moved(outside, key) == [held]
    status, (line,), _ = release(outside, "--yes", uri)
    assert (status, line["status"]) == (0, "released")
    second = outside.wait_for_message(key, 2)["data"]
    outside.settled()
    assert second["quarantine"]["status"] == "released"
    assert read(outside, key) == photos[FLAGGED]
    found = outside.bucket.head_object(key)
    assert (found.content_type, found.headers["x-oss-meta-user"]) == ("image/jpeg", "42")
    assert outside.tags(key)["deepfake-verdict"] == "high_risk"
    assert moved(outside, key) == []
    assert len(outside.calls(key)) == 1
    assert len(outside.messages_of(key)) == 2


def test_a_release_comes_over_no_newer_object(outside: Outside, photos: dict[str, bytes]) -> None:
    key = "newer.jpg"
    outside.put(key, photos[FLAGGED])
    outside.wait_for_message(key)
    outside.settled()
    outside.put(key, photos[GOOD])
    (held,) = moved(outside, key)
    status, (line,), _ = release(outside, "--yes", f"oss://selfies/{held}")
    assert (status, line["status"]) == (2, "not_released")
    assert "another object stands at" in line["detail"]
    assert read(outside, key) == photos[GOOD]
    assert moved(outside, key) == [held]


def test_made_private_and_opened_again(tmp_path: Path) -> None:
    with running(tmp_path, **PRIVATE) as (cloud, outside):
        photo = sample_files(cloud)[FLAGGED]
        public = f"{cloud.oss.url}/selfies/open.jpg"
        outside.bucket.put_object("open.jpg", photo, {"x-oss-object-acl": "public-read"})
        assert outside.wait_for_message("open.jpg")["data"]["quarantine"]["status"] == "private"
        assert httpx.get(public).status_code == 403
        assert read(outside, "open.jpg") == photo
        status, (line,), _ = release(outside, "--yes", "oss://selfies/open.jpg")
        assert (status, line["status"]) == (0, "released")
        assert httpx.get(public).content == photo


def test_a_stand_ins_verdict_moves_nothing_by_default(tmp_path: Path) -> None:
    settings = {name: value for name, value in MOVE.items() if name != "QUARANTINE_STAND_IN"}
    with running(tmp_path, **settings) as (cloud, outside):
        photo = sample_files(cloud)[FLAGGED]
        outside.put("flagged.jpg", photo)
        data = outside.wait_for_message("flagged.jpg")["data"]
        assert data["quarantine"]["status"] == "withheld"
        outside.settled()
        assert is_there(outside, "flagged.jpg")
