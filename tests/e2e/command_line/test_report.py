"""``facescreen report``: its counts of real objects, and its exit codes."""

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
from facescreen.tags import build_tags
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.deployment import connect_platform
from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.conftest import RunCommand
from tests.support.cloud_client import LocalCloudClient
from tests.support.command import FACESCREEN, user_environment
from tests.support.page_limits import limit_pages
from tests.support.wait import wait_for

NAME, LOW, HIGH = "reported", 200, 60
ALL = f"oss://{NAME}", "--all"
BYTES = b"-"
ETAG = hashlib.md5(BYTES, usedforsecurity=False).hexdigest().upper()


@pytest.fixture(scope="module")
def bucket(cloud_and_client: tuple[LocalCloud, LocalCloudClient]) -> oss2.Bucket:
    """A bucket that no function watches, with objects tagged as a function tags them."""
    watched = cloud_and_client[1].bucket
    reported = oss2.Bucket(watched.auth, watched.endpoint, NAME, region=watched.region)
    reported.create_bucket()
    with ThreadPoolExecutor(8) as pool:
        for number in range(LOW):
            pool.submit(put, reported, f"low/{number:03}", tags(Verdict.LOW_RISK))
        for number in range(HIGH):
            verdict_tags = tags(Verdict.HIGH_RISK, "SuspectDeepForgery", "SuspectPSFace")
            pool.submit(put, reported, f"high/{number:03}", verdict_tags)
    put(reported, "odd/blurred", tags(Verdict.UNSCREENABLE, "UnqualifiedPhoto"))
    put(reported, "odd/stale", tags(Verdict.HIGH_RISK, etag="0" * 32))
    put(reported, "odd/unscreened", {"team": "kyc"})
    put(reported, "odd/forged", {"deepfake-verdict": "clean"})
    put(reported, "odd/notes.txt", {})
    reported.put_object("odd/folder/", b"")
    put(reported, "merged/a", tags(Verdict.LOW_RISK, form="merged"))
    return reported


def tags(verdict: Verdict, *reasons: str, etag: str = ETAG, form: str = "separate") -> Any:
    finding = Finding(verdict, "fs" + "0" * 30, "2026-11-23T04:05:06Z", reasons)
    return build_tags(finding, etag, prefix="deepfake-", form=form)


def put(bucket: oss2.Bucket, key: str, tags: dict[str, str]) -> None:
    rule = "&".join(f"{name}={value.replace(' ', '%20')}" for name, value in tags.items())
    bucket.put_object(key, BYTES, {"x-oss-tagging": rule} if rule else {})


@pytest.fixture
def report(bucket: oss2.Bucket, facescreen: RunCommand) -> RunCommand:
    """``facescreen report``."""
    return partial(facescreen, "report")


def json_output(result: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(result.stdout)


def nonzero_counts(report: Any) -> dict[str, int]:
    names = "stale", "unscreened", "skipped", "gone", "unread"
    return {name: report[name] for name in names if report[name]}


def test_a_whole_bucket_is_counted(report: RunCommand) -> None:
    result = report(*ALL, "--json", EXCLUDE_SUFFIXES=".txt", EXCLUDE_PREFIXES="merged/")
    assert result.returncode == 0, result.stderr
    said = json_output(result)
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
    assert nonzero_counts(said) == {"stale": 1, "unscreened": 2, "skipped": 3}
    assert said["objects"] == LOW + HIGH + 7
    assert said["partial"] == ""


def test_a_prefix_is_reported_as_text_and_html(report: RunCommand, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("an older one")
    result = report(f"oss://{NAME}/odd/", "--html", page)
    assert result.returncode == 0, result.stderr
    assert "unscreenable" in result.stdout
    assert "UnqualifiedPhoto" in result.stdout
    assert "2026-11-23" in result.stdout
    for remedy in ("1 stale: overwritten after", "3 unscreened: older than"):
        assert remedy in result.stdout
        assert remedy in page.read_text()
    words = TextCollector()
    words.feed(page.read_text())
    assert {"1 unscreenable", "UnqualifiedPhoto", "2026-11-23"} <= set(words.texts)
    assert list(tmp_path.iterdir()) == [page]


class TextCollector(HTMLParser):
    """Collects the text of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize(("prefix", "status"), [("low/01", 0), ("high/", 1)])
def test_check_sets_the_exit_code(report: RunCommand, prefix: str, status: int) -> None:
    assert report(f"oss://{NAME}/{prefix}", "--check").returncode == status


def test_merged_tags_are_counted(report: RunCommand) -> None:
    said = json_output(report(f"oss://{NAME}/merged/", "--json", TAG_FORM="merged"))
    assert said["verdicts"]["low_risk"] == 1


def test_objects_deleted_during_the_report_are_counted_as_gone(
    report: RunCommand, cloud_client: LocalCloudClient
) -> None:
    gone = {"operation": "GetObjectTagging", "code": "NoSuchKey", "status": 404}
    cloud_client.set_behaviour(oss={"faults": [gone]})
    assert nonzero_counts(json_output(report(f"oss://{NAME}/low/01", "--json"))) == {"gone": 1}


def test_transient_errors_are_retried(report: RunCommand, cloud_client: LocalCloudClient) -> None:
    faults = [
        {"operation": "ListObjectsV2", "code": "InternalError"},
        {"operation": "GetObjectTagging", "code": "InternalError"},
    ]
    cloud_client.set_behaviour(oss={"faults": faults})
    result = report(f"oss://{NAME}/low/01", "--json")
    assert result.returncode == 0, result.stderr
    assert json_output(result)["verdicts"]["low_risk"] == 10


def test_objects_that_can_not_be_read_are_counted(
    report: RunCommand, cloud_client: LocalCloudClient
) -> None:
    cloud_client.set_behaviour(
        oss={"faults": [{"operation": "GetObjectTagging", "code": "InternalError", "times": 99}]}
    )
    result = report(f"oss://{NAME}/low/01")
    assert result.returncode == 2
    assert "10 unread: not read: the store refused it or did not respond" in result.stdout


def test_an_object_whose_tags_may_not_be_read_does_not_end_the_report(
    report: RunCommand, cloud_client: LocalCloudClient
) -> None:
    fault = {"operation": "GetObjectTagging", "path": f"/{NAME}/low/012", "code": "AccessDenied"}
    cloud_client.set_behaviour(oss={"faults": [{**fault, "status": 403, "times": 99}]})
    result = report(f"oss://{NAME}/low/01", "--json")
    assert result.returncode == 2
    said = json_output(result)
    assert (said["verdicts"]["low_risk"], nonzero_counts(said)) == (9, {"unread": 1})


@pytest.mark.parametrize(
    ("operation", "action"),
    [("ListObjectsV2", "oss:ListObjects"), ("GetObjectTagging", "oss:GetObjectTagging")],
)
def test_a_missing_permission_is_named(
    report: RunCommand, cloud_client: LocalCloudClient, operation: str, action: str
) -> None:
    fault = {"operation": operation, "code": "AccessDenied", "status": 403, "times": 99}
    cloud_client.set_behaviour(oss={"faults": [fault]})
    result = report(f"oss://{NAME}/low/01")
    assert result.returncode == 2
    assert f"Partial: allow these credentials {action} on {NAME}" in result.stderr


def test_ctrl_c_shows_the_counts_so_far(
    report: RunCommand, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    # This fault does nothing. It is used up once the first tags are read.
    first_read = {"operation": "GetObjectTagging"}
    cloud_client.set_behaviour(oss={"latency_ms": 400, "faults": [first_read]})
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
    counts = json.loads(stdout)
    assert counts["partial"] == "stopped by Ctrl-C"
    assert 0 < counts["objects"] < LOW


def test_a_listing_continues_from_page_to_page(
    bucket: oss2.Bucket, cloud_client: LocalCloudClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_pages(monkeypatch, max_objects=4)
    key = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    own = Credentials(*(cloud_client.env[name] for name in key))
    _, platform = connect_platform("oss", cloud_client.env, own)
    cli_bucket = StoreBucket(platform.object_store, NAME)
    keys = [f"low/{number:03}" for number in range(10, 20)]
    listed_objects = list(cli_bucket.list_objects("low/01"))
    assert [one.key for one in listed_objects] == keys
    assert {(one.etag, one.size) for one in listed_objects} == {(ETAG, 1)}
    assert [one.key for one in cli_bucket.list_objects("low/01", after="low/013")] == keys[4:]


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([f"oss://{NAME}"], {}, "--all for the whole bucket"),
        ([*ALL], {"TAG_FORM": "none"}, "the deployment writes no tags"),
    ],
)
def test_usage_errors(
    report: RunCommand, arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    result = report(*arguments, **environment)
    assert result.returncode == 64
    assert expected in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("target", "environment", "expected"),
    [
        (["oss://no-such-bucket/a"], {}, "NoSuchBucket"),
        (ALL, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, "SignatureDoesNotMatch"),
    ],
)
def test_an_error_of_the_store_is_not_a_usage_error(
    report: RunCommand, target: list[str], environment: dict[str, str], expected: str
) -> None:
    result = report(*target, "--json", **environment)
    assert result.returncode == 2
    assert expected in json_output(result)["partial"]
    assert expected in result.stderr
