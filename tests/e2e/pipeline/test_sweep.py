"""s.yaml's sweep, fired by its timer, screens an upload whose event was lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from facescreen_local.cloud import LocalCloud
from facescreen_serverless_devs import document
from facescreen_serverless_devs.functions import load_functions
from facescreen_serverless_devs.variables import find_env_defaults
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

SWEEP = "facescreen-sweep"
HOUR_S = 3600
DUE_IN_S = 2.5
ALMOST_DUE_S = HOUR_S / 2 - 1.5
"""Objects of this age reach that of 30 minutes within DUE_IN_S, and after the last run: times have
whole seconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def cloud_with_prefix(folder: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """A cloud that watches a prefix and excludes another."""
    settings = {"OSS_PREFIX": "kyc/", "EXCLUDE_PREFIXES": "kyc/thumbs/"}
    with run_local_cloud(folder, **settings) as cloud_and_client:
        yield cloud_and_client


@contextmanager
def uploaded_earlier(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, *, event: bool, age_s: float = HOUR_S
) -> Iterator[None]:
    """Objects put in this context are this old, with or without their event."""
    with monkeypatch.context() as patched:
        past = SimpleNamespace(time=lambda: time.time() - age_s)
        patched.setattr("facescreen_local.oss.nodes.time", past)
        if not event:
            patched.setattr(cloud.fc.functions, "deliver_bucket_event", lambda record: None)
        yield


def fire_sweep(cloud_client: LocalCloudClient, **behaviour: Any) -> dict[str, Any]:
    """Run the sweep, and wait until the submitted events are processed."""
    cloud_client.admin.post("/reset")
    cloud_client.set_behaviour(**behaviour)
    response = cloud_client.admin.post(f"/fire/{SWEEP}")
    assert response.status_code == 200, response.text
    cloud_client.wait_until_idle()
    outcomes = [(one["function"], one["status"]) for one in cloud_client.invocations()]
    assert (SWEEP, "ok") in outcomes
    return {"handed_over": len(outcomes) - 1}


def test_an_upload_whose_event_was_lost_is_submitted_once(
    cloud_with_prefix: tuple[LocalCloud, LocalCloudClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, cloud_client = cloud_with_prefix
    photo = sample_files(cloud)["flagged.jpg"]
    key = "kyc/a+b 100% é漢🙂.jpg"
    with uploaded_earlier(cloud, monkeypatch, event=True):
        cloud_client.put("kyc/screened.jpg", photo)
    with uploaded_earlier(cloud, monkeypatch, event=False):
        cloud_client.put(key, photo)
        cloud_client.put("kyc/thumbs/a.jpg", photo)
        cloud_client.put("elsewhere/a.jpg", photo)
    monkeypatch.setattr(cloud.fc.functions, "deliver_bucket_event", lambda record: None)
    cloud_client.put("kyc/a moment ago.jpg", photo)
    cloud_client.wait_until_idle()
    assert not cloud_client.tags(key)

    assert fire_sweep(cloud_client) == {"handed_over": 1}
    assert cloud_client.tags(key)["deepfake-verdict"] == "high_risk"
    assert cloud_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
    assert len(cloud_client.billed_calls(key)) == 1
    assert not cloud_client.tags("kyc/a moment ago.jpg")

    assert fire_sweep(cloud_client) == {"handed_over": 0}


@pytest.mark.slow
def test_an_object_whose_tags_may_not_be_read_does_not_hold_up_the_others(
    cloud_with_prefix: tuple[LocalCloud, LocalCloudClient],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud, cloud_client = cloud_with_prefix
    photo = sample_files(cloud)["portrait.jpg"]
    with uploaded_earlier(cloud, monkeypatch, event=False, age_s=ALMOST_DUE_S):
        cloud_client.put("kyc/1 locked.jpg", photo)
        cloud_client.put("kyc/2 lost.jpg", photo)
    time.sleep(DUE_IN_S)
    path = f"/{cloud_client.env['OSS_BUCKET']}/kyc/1 locked.jpg"
    fault = {"operation": "GetObjectTagging", "path": path, "code": "AccessDenied", "status": 403}
    assert fire_sweep(cloud_client, oss={"faults": [fault]}) == {"handed_over": 2}
    for key in ("kyc/1 locked.jpg", "kyc/2 lost.jpg"):
        assert cloud_client.tags(key)["deepfake-verdict"] == "low_risk"
    log = (folder / "fc" / "logs" / f"{SWEEP}.log").read_text()
    [line] = [line for line in log.splitlines() if "tags not read" in line]
    assert '"key":"kyc/1 locked.jpg"' in line
    assert '"error":"AccessRefused"' in line


@pytest.mark.slow
def test_a_bucket_whose_tags_may_not_be_read_is_an_error_and_the_next_run_continues(
    cloud_with_prefix: tuple[LocalCloud, LocalCloudClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, cloud_client = cloud_with_prefix
    with uploaded_earlier(cloud, monkeypatch, event=False, age_s=ALMOST_DUE_S):
        cloud_client.put("kyc/3 lost.jpg", sample_files(cloud)["portrait.jpg"])
    time.sleep(DUE_IN_S)
    cloud_client.admin.post("/reset")
    denied = {"operation": "GetObjectTagging", "code": "AccessDenied", "status": 403, "times": 9}
    cloud_client.set_behaviour(oss={"faults": [denied]})
    cloud_client.admin.post(f"/fire/{SWEEP}")
    cloud_client.wait_until_idle()
    [run] = cloud_client.invocations()
    assert (run["function"], run["status"]) == (SWEEP, "error")
    assert fire_sweep(cloud_client) == {"handed_over": 1}
    assert cloud_client.tags("kyc/3 lost.jpg")["deepfake-verdict"] == "low_risk"


@pytest.mark.slow
def test_an_append_and_a_symlink_whose_events_were_lost_are_submitted(
    cloud_with_prefix: tuple[LocalCloud, LocalCloudClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, cloud_client = cloud_with_prefix
    cloud_client.put("elsewhere/target.jpg", sample_files(cloud)["portrait.jpg"])
    with uploaded_earlier(cloud, monkeypatch, event=False, age_s=ALMOST_DUE_S):
        cloud_client.bucket.append_object("kyc/log.jpg", 0, sample_files(cloud)["portrait.jpg"])
        cloud_client.bucket.put_symlink("elsewhere/target.jpg", "kyc/link.jpg")
        cloud_client.bucket.put_symlink("elsewhere/target.jpg", "kyc/folder/")
    time.sleep(DUE_IN_S)
    assert fire_sweep(cloud_client) == {"handed_over": 3}
    for key in ("kyc/log.jpg", "kyc/link.jpg", "kyc/folder/"):
        assert cloud_client.tags(key)["deepfake-verdict"] == "unscreenable"


@pytest.mark.usefixtures("cloud_with_prefix")
def test_a_run_logs_its_counts(folder: Path) -> None:
    log = (folder / "fc" / "logs" / f"{SWEEP}.log").read_text()
    assert '"message":"swept"' in log
    assert '"submitted":1' in log
    assert '"resubmitted"' in log


def test_the_sweep_is_on_by_default(tmp_path: Path) -> None:
    declared = find_env_defaults(document.read_template(PROJECT / "s.yaml"))
    required = {name: "x" for name, default in declared.items() if default is None}
    functions = load_functions(PROJECT / "s.yaml", required, source=tmp_path)
    [timer] = [timer for function in functions for timer in function.timers]
    assert (timer.expression, timer.enabled) == ("@every 15m", True)
