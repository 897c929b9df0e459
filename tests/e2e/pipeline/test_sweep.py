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
from tests.support.outside import PROJECT, Outside, running
from tests.support.samples import sample_files

SWEEP = "facescreen-sweep"
HOUR_S = 3600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def swept(folder: Path) -> Iterator[tuple[LocalCloud, Outside]]:
    """With a prefix, and one to leave out."""
    settings = {"OSS_PREFIX": "kyc/", "EXCLUDE_PREFIXES": "kyc/thumbs/"}
    with running(folder, **settings) as both:
        yield both


@contextmanager
def uploaded_an_hour_ago(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, *, event: bool
) -> Iterator[None]:
    """What is put inside."""
    with monkeypatch.context() as patched:
        past = SimpleNamespace(time=lambda: time.time() - HOUR_S)
        patched.setattr("facescreen_local.oss.store.versions.time", past)
        if not event:
            patched.setattr(cloud.fc.functions, "deliver", lambda record: None)
        yield


def fire(outside: Outside) -> dict[str, Any]:
    """One run of the sweep, to the end of what it handed over."""
    outside.admin.post("/reset")
    answer = outside.admin.post(f"/fire/{SWEEP}")
    assert answer.status_code == 200, answer.text
    outside.settled()
    outcomes = [(one["function"], one["status"]) for one in outside.invocations()]
    assert (SWEEP, "ok") in outcomes
    return {"handed_over": len(outcomes) - 1}


def test_a_lost_event_is_made_up_for_once(
    swept: tuple[LocalCloud, Outside], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, outside = swept
    photo = sample_files(cloud)["flagged.jpg"]
    key = "kyc/a+b 100% é漢🙂.jpg"
    with uploaded_an_hour_ago(cloud, monkeypatch, event=True):
        outside.put("kyc/screened.jpg", photo)
    with uploaded_an_hour_ago(cloud, monkeypatch, event=False):
        outside.put(key, photo)
        outside.put("kyc/thumbs/a.jpg", photo)
        outside.put("elsewhere/a.jpg", photo)
    monkeypatch.setattr(cloud.fc.functions, "deliver", lambda record: None)
    outside.put("kyc/a moment ago.jpg", photo)
    outside.settled()
    assert not outside.tags(key)

    assert fire(outside) == {"handed_over": 1}
    assert outside.tags(key)["deepfake-verdict"] == "high_risk"
    assert outside.wait_for_message(key)["data"]["verdict"] == "high_risk"
    assert len(outside.calls(key)) == 1
    assert not outside.tags("kyc/a moment ago.jpg")

    assert fire(outside) == {"handed_over": 0}


@pytest.mark.usefixtures("swept")
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
