"""``facescreen report``: what it counts on real objects, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import oss2
import pytest

from facescreen.outcome import Finding, Verdict, tag_set
from tests.local.command import FACESCREEN
from tests.local.ops.folder import surroundings
from tests.local.pipeline.outside import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud
    from tests.local.ops.conftest import Command
    from tests.local.pipeline.outside import Outside

BUCKET, LOW, FLAGGED = "reported", 1100, 60
HOSTILE = "<script>alert(1)</script>\x1b[31m&amp;"


@pytest.fixture(scope="module")
def bucket(both: tuple[LocalCloud, Outside]) -> oss2.Bucket:
    """More than a page of objects in a bucket that no function watches."""
    known = both[1].bucket
    session = oss2.Session(pool_size=16)
    made = oss2.Bucket(known.auth, known.endpoint, BUCKET, region=known.region, session=session)
    made.create_bucket()
    with ThreadPoolExecutor(16) as pool:
        for number in range(LOW):
            pool.submit(put, made, f"low/{number:04}", Verdict.LOW_RISK)
        for number in range(FLAGGED):
            risks = "SuspectDeepForgery", "SuspectPSFace"
            pool.submit(put, made, f"high/{number:04}", Verdict.HIGH_RISK, *risks)
    put(made, "odd/blurred", Verdict.UNSCREENABLE, "UnqualifiedPhoto")
    put(made, "odd/stale", Verdict.LOW_RISK, etag="0" * 32)
    made.put_object("odd/unscreened", b"-")
    made.put_object("odd/forged", b"-", {"x-oss-tagging": "deepfake-verdict=clean"})
    made.put_object("odd/notes.txt", b"-")
    made.put_object("odd/folder/", b"")
    return made


def put(
    bucket: oss2.Bucket, key: str, verdict: Verdict, *reasons: str, etag: str = "", form: str = ""
) -> None:
    """An object with the tags that the function would give it."""
    stands = bucket.put_object(key, b"-").etag
    finding = Finding(verdict, "fs" + "0" * 30, "2026-11-23T04:05:06Z", reasons)
    rule = oss2.models.TaggingRule()
    tags = tag_set(finding, etag or stands, prefix="deepfake-", form=form or "separate")
    for name, value in tags.items():
        rule.add(name, value)
    bucket.put_object_tagging(key, oss2.models.Tagging(rule))


@pytest.fixture
def report(bucket: oss2.Bucket, facescreen: Command) -> Command:
    return partial(facescreen, "report")


def told(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_a_whole_bucket(report: Command) -> None:
    done = report(f"oss://{BUCKET}", "--all", "--json", EXCLUDE_SUFFIXES=".txt")
    assert done.returncode == 0, done.stderr
    said = told(done)
    assert said["objects"] == LOW + FLAGGED + 6
    high = {"low_risk": LOW, "high_risk": FLAGGED, "unscreenable": 1, "suspicious": 0, "failed": 0}
    assert said["verdicts"] == high
    assert said["days"] == {"2026-11-23": high}
    assert said["reasons"] == {
        "SuspectDeepForgery": FLAGGED,
        "SuspectPSFace": FLAGGED,
        "UnqualifiedPhoto": 1,
    }
    apart = {name: said[name] for name in ("stale", "unscreened", "skipped", "gone", "unread")}
    assert apart == {"stale": 1, "unscreened": 2, "skipped": 2, "gone": 0, "unread": 0}
    assert said["partial"] == ""
