"""An upload whose event was lost is screened all the same: s.yaml's sweep, as its timer fires."""

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
from facescreen_serverless_devs.variables import names_of
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

SWEEP = "facescreen-sweep"
HOUR_S = 3600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def cloud_with_prefix(folder: Path) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """With a prefix, and one to leave out."""
    settings = {"OSS_PREFIX": "kyc/", "EXCLUDE_PREFIXES": "kyc/thumbs/"}
    with run_local_cloud(folder, **settings) as cloud_and_client:
        yield cloud_and_client


@contextmanager
def uploaded_an_hour_ago(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, *, event: bool
) -> Iterator[None]:
    """What is put inside."""
    with monkeypatch.context() as patched:
        past = SimpleNamespace(time=lambda: time.time() - HOUR_S)
        patched.setattr("facescreen_local.oss.store.versions.time", past)
        if not event:
            patched.setattr(cloud.fc.functions, "deliver_bucket_event", lambda record: None)
        yield


def fire_sweep(cloud_client: LocalCloudClient) -> dict[str, Any]:
    """One run of the sweep, to the end of what it handed over."""
    cloud_client.admin.post("/reset")
    response = cloud_client.admin.post(f"/fire/{SWEEP}")
    assert response.status_code == 200, response.text
    cloud_client.wait_until_idle()
    outcomes = [(one["function"], one["status"]) for one in cloud_client.invocations()]
    assert (SWEEP, "ok") in outcomes
    return {"handed_over": len(outcomes) - 1}


def test_a_lost_event_is_made_up_for_once(
    cloud_with_prefix: tuple[LocalCloud, LocalCloudClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, cloud_client = cloud_with_prefix
    photo = sample_files(cloud)["flagged.jpg"]
    key = "kyc/a+b 100% é漢🙂.jpg"
    with uploaded_an_hour_ago(cloud, monkeypatch, event=True):
        cloud_client.put("kyc/screened.jpg", photo)
    with uploaded_an_hour_ago(cloud, monkeypatch, event=False):
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


@pytest.mark.usefixtures("cloud_with_prefix")
def test_a_run_leaves_its_count_in_the_log(folder: Path) -> None:
    log = (folder / "fc" / "logs" / f"{SWEEP}.log").read_text()
    assert '"message":"swept"' in log
    assert '"submitted":1' in log
    assert '"resubmitted"' in log


def test_it_is_off_by_default(tmp_path: Path) -> None:
    declared = names_of(document.read(PROJECT / "s.yaml"))
    required = {name: "x" for name, default in declared.items() if default is None}
    functions = load_functions(PROJECT / "s.yaml", required, source=tmp_path)
    [timer] = [timer for function in functions for timer in function.timers]
    assert (timer.expression, timer.enabled) == ("@every 15m", False)
