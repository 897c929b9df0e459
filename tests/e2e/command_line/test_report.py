"""``facescreen report``: what it counts on real objects, and how it ends."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import oss2
import pytest

from facescreen.clients.credentials import Credentials
from facescreen.model import Finding, Verdict
from facescreen.tags import tag_set
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.deployment import connect_platform
from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.conftest import Command
from tests.support.cloud_client import LocalCloudClient
from tests.support.command import FACESCREEN, user_environment
from tests.support.wait import wait_for

NAME, LOW, HIGH = "reported", 200, 60
ALL = f"oss://{NAME}", "--all"
BYTES = b"-"
ETAG = hashlib.md5(BYTES, usedforsecurity=False).hexdigest().upper()


@pytest.fixture(scope="module")
def bucket(both: tuple[LocalCloud, LocalCloudClient]) -> oss2.Bucket:
    """Objects in a bucket that no function watches, with tags as a function leaves them."""
    known = both[1].bucket
    made = oss2.Bucket(known.auth, known.endpoint, NAME, region=known.region)
    made.create_bucket()
    with ThreadPoolExecutor(8) as pool:
        for number in range(LOW):
            pool.submit(put, made, f"low/{number:03}", tags(Verdict.LOW_RISK))
        for number in range(HIGH):
            two = tags(Verdict.HIGH_RISK, "SuspectDeepForgery", "SuspectPSFace")
            pool.submit(put, made, f"high/{number:03}", two)
    put(made, "odd/blurred", tags(Verdict.UNSCREENABLE, "UnqualifiedPhoto"))
    put(made, "odd/stale", tags(Verdict.HIGH_RISK, etag="0" * 32))
    put(made, "odd/unscreened", {"team": "kyc"})
    put(made, "odd/forged", {"deepfake-verdict": "clean"})
    put(made, "odd/notes.txt", {})
    made.put_object("odd/folder/", b"")
    put(made, "merged/a", tags(Verdict.LOW_RISK, form="merged"))
    return made


def tags(verdict: Verdict, *reasons: str, etag: str = ETAG, form: str = "separate") -> Any:
    finding = Finding(verdict, "fs" + "0" * 30, "2026-11-23T04:05:06Z", reasons)
    return tag_set(finding, etag, prefix="deepfake-", form=form)


def put(bucket: oss2.Bucket, key: str, tags: dict[str, str]) -> None:
    rule = "&".join(f"{name}={value.replace(' ', '%20')}" for name, value in tags.items())
    bucket.put_object(key, BYTES, {"x-oss-tagging": rule} if rule else {})


@pytest.fixture
def report(bucket: oss2.Bucket, facescreen: Command) -> Command:
    """``facescreen report``."""
    return partial(facescreen, "report")


def told(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def apart(said: Any) -> dict[str, int]:
    names = "stale", "unscreened", "skipped", "gone", "unread"
    return {name: said[name] for name in names if said[name]}


def test_a_whole_bucket(report: Command) -> None:
    done = report(*ALL, "--json", EXCLUDE_SUFFIXES=".txt", EXCLUDE_PREFIXES="merged/")
    assert done.returncode == 0, done.stderr
    said = told(done)
    verdicts = {
        "low_risk": LOW,
        "high_risk": HIGH,
        "suspicious": 0,
        "unscreenable": 1,
        "failed": 0,
    }
    assert said["verdicts"] == verdicts
    assert said["days"] == {"2026-11-23": verdicts}
    assert said["reasons"] == {
        "SuspectDeepForgery": HIGH,
        "SuspectPSFace": HIGH,
        "UnqualifiedPhoto": 1,
    }
    assert apart(said) == {"stale": 1, "unscreened": 2, "skipped": 3}
    assert said["objects"] == LOW + HIGH + 7
    assert said["partial"] == ""


def test_a_prefix_for_people_with_a_page(report: Command, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("an older one")
    done = report(f"oss://{NAME}/odd/", "--html", page)
    assert done.returncode == 0, done.stderr
    assert "unscreenable" in done.stdout
    assert "UnqualifiedPhoto" in done.stdout
    assert "2026-11-23" in done.stdout
    for remedy in ("1 stale: overwritten since", "3 unscreened: there before"):
        assert remedy in done.stdout
        assert remedy in page.read_text()
    words = Words()
    words.feed(page.read_text())
    assert {"1 unscreenable", "UnqualifiedPhoto", "2026-11-23"} <= set(words.said)
    assert list(tmp_path.iterdir()) == [page]


class Words(HTMLParser):
    """What a page says."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.parametrize(("prefix", "status"), [("low/01", 0), ("high/", 1)])
def test_a_check_tells_by_its_exit_code(report: Command, prefix: str, status: int) -> None:
    assert report(f"oss://{NAME}/{prefix}", "--check").returncode == status


def test_merged_tags(report: Command) -> None:
    said = told(report(f"oss://{NAME}/merged/", "--json", TAG_FORM="merged"))
    assert said["verdicts"]["low_risk"] == 1


def test_objects_that_are_deleted_meanwhile(
    report: Command, cloud_client: LocalCloudClient
) -> None:
    gone = {"operation": "GetObjectTagging", "code": "NoSuchKey", "status": 404}
    cloud_client.set_behaviour(oss={"faults": [gone]})
    assert apart(told(report(f"oss://{NAME}/low/01", "--json"))) == {"gone": 1}


def test_what_passes_is_tried_again(report: Command, cloud_client: LocalCloudClient) -> None:
    both = [
        {"operation": "ListObjectsV2", "code": "InternalError"},
        {"operation": "GetObjectTagging", "code": "InternalError"},
    ]
    cloud_client.set_behaviour(oss={"faults": both})
    done = report(f"oss://{NAME}/low/01", "--json")
    assert done.returncode == 0, done.stderr
    assert told(done)["verdicts"]["low_risk"] == 10


def test_what_does_not_pass_is_counted(report: Command, cloud_client: LocalCloudClient) -> None:
    cloud_client.set_behaviour(
        oss={"faults": [{"operation": "GetObjectTagging", "code": "InternalError", "times": 99}]}
    )
    done = report(f"oss://{NAME}/low/01")
    assert done.returncode == 2
    assert "10 unread: not read, as OSS did not answer" in done.stdout


@pytest.mark.parametrize(
    ("operation", "action"),
    [("ListObjectsV2", "oss:ListObjects"), ("GetObjectTagging", "oss:GetObjectTagging")],
)
def test_a_missing_permission_is_named(
    report: Command, cloud_client: LocalCloudClient, operation: str, action: str
) -> None:
    refused = {"operation": operation, "code": "AccessDenied", "status": 403, "times": 99}
    cloud_client.set_behaviour(oss={"faults": [refused]})
    done = report(f"oss://{NAME}/low/01")
    assert done.returncode == 2
    assert f"Partial: allow these credentials {action} on {NAME}" in done.stderr


def test_ctrl_c_tells_what_was_counted(
    report: Command, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    # It does nothing, and is not there any more once a first tag set was asked for.
    seen = {"operation": "GetObjectTagging"}
    cloud_client.set_behaviour(oss={"latency_ms": 400, "faults": [seen]})
    with subprocess.Popen(
        [FACESCREEN, "report", *ALL, "--json"],
        env=user_environment(cloud_client.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for(lambda: not cloud.services["oss"].behaviour.faults, "a first look")
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130, stderr
    said = json.loads(stdout)
    assert said["partial"] == "stopped by Ctrl-C"
    assert 0 < said["objects"] < LOW


def test_a_listing_goes_on_from_page_to_page(
    bucket: oss2.Bucket, cloud_client: LocalCloudClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facescreen.storage.oss.MAX_LISTED_OBJECTS", 4)
    key = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    own = Credentials(*(cloud_client.env[name] for name in key))
    _, platform = connect_platform("oss", cloud_client.env, own)
    made = StoreBucket(platform.object_store, NAME)
    keys = [f"low/{number:03}" for number in range(10, 20)]
    listed = list(made.list_objects("low/01"))
    assert [one.key for one in listed] == keys
    assert {(one.etag, one.size) for one in listed} == {(ETAG, 1)}
    assert [one.key for one in made.list_objects("low/01", after="low/013")] == keys[4:]


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ([f"oss://{NAME}"], {}, "--all for the whole bucket"),
        ([*ALL], {"TAG_FORM": "none"}, "there are no tags to go by"),
    ],
)
def test_usage_errors(
    report: Command, arguments: list[str], environment: dict[str, str], says: str
) -> None:
    done = report(*arguments, **environment)
    assert done.returncode == 64
    assert says in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("target", "environment", "says"),
    [
        (["oss://no-such-bucket/a"], {}, "NoSuchBucket"),
        (ALL, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, "SignatureDoesNotMatch"),
    ],
)
def test_what_the_store_refuses_is_no_usage_error(
    report: Command, target: list[str], environment: dict[str, str], says: str
) -> None:
    done = report(*target, "--json", **environment)
    assert done.returncode == 2
    assert says in told(done)["partial"]
    assert says in done.stderr
