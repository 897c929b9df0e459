"""``facescreen doctor`` where Function Compute has something else than s.yaml says."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.command_line.test_doctor import DEPLOYED_OTHERWISE, lines, not_ok
from tests.support.cloud_client import PROJECT, run_local_cloud

Command = Callable[..., subprocess.CompletedProcess[str]]
Resources = dict[str, Any]


def another_function(resources: Resources) -> None:
    resources["thumbnails"] = copy.deepcopy(resources["object_created"])
    props = resources["thumbnails"]["props"]
    props.update(functionName="thumbnails", handler="thumbnails.handler")


def another_name(resources: Resources) -> None:
    resources["http_api"]["props"]["functionName"] = "renamed"


def no_destination(resources: Resources) -> None:
    del resources["object_created"]["props"]["asyncInvokeConfig"]


def another_prefix(resources: Resources) -> None:
    [trigger] = resources["object_created"]["props"]["triggers"]
    trigger["triggerConfig"]["filter"]["key"]["prefix"] = "elsewhere/"


def other_limits(resources: Resources) -> None:
    props = resources["object_created"]["props"]
    props["timeout"] = 30
    del props["concurrencyConfig"]


def by_eventbridge(resources: Resources) -> None:
    other = yaml.safe_load((PROJECT / "s.eventbridge.yaml").read_text())["resources"]
    resources["object_created"]["props"]["triggers"] = other["object_created"]["props"]["triggers"]


@pytest.fixture
def deployed(
    facescreen: Command, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Changes s.yaml, deploys that to a cloud of its own, and asks the doctor, who reads the
    s.yaml of the project."""

    def deployed(
        change: Callable[[Resources], None], *options: object
    ) -> subprocess.CompletedProcess[str]:
        template = yaml.safe_load((PROJECT / "s.yaml").read_text())
        change(template["resources"])
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(template))
        for folder in ("functions", "infra"):
            (tmp_path / folder).symlink_to(PROJECT / folder)
        with run_local_cloud(tmp_path / "data", tmp_path, CALLS_PER_SECOND="") as (_, there):
            return facescreen("doctor", "--json", *options, **{**there.env, "MNS_QUEUE": ""})

    return deployed


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            another_function,
            "fault collisions: the same events of selfies trigger thumbnails too",
        ),
        (another_name, "fault functions: not deployed: facescreen-http-api"),
        (
            no_destination,
            "fault dead letters: failed events of facescreen-object-created go nowhere",
        ),
        (
            another_prefix,
            "fault trigger: facescreen-object-created has no such trigger as s.yaml says on "
            "selfies",
        ),
    ],
)
def test_what_was_deployed_otherwise_is_named(
    deployed: Callable[..., Any], change: Callable[[Resources], None], named: str
) -> None:
    assert not_ok(deployed(change)) == [named]


def test_events_by_eventbridge_are_known_as_such(deployed: Callable[..., Any]) -> None:
    assert not_ok(deployed(by_eventbridge, "--template", PROJECT / "s.eventbridge.yaml")) == []


def test_events_by_another_way_than_said_are_named(deployed: Callable[..., Any]) -> None:
    assert not_ok(deployed(by_eventbridge)) == [
        "fault trigger: facescreen-object-created has no such trigger as s.yaml says on selfies"
    ]


def test_other_limits_are_named(deployed: Callable[..., Any]) -> None:
    done = deployed(other_limits)
    [differs] = [line["says"] for line in lines(done) if line["level"] != "ok"]
    assert differs == (
        f"facescreen-object-created {DEPLOYED_OTHERWISE} timeout, reservedConcurrency"
    )


def test_an_s_yaml_that_can_not_work_is_named(
    facescreen: Command, deployed: Callable[..., Any], tmp_path: Path
) -> None:
    assert not_ok(deployed(other_limits, "--template", tmp_path / "s.yaml")) == [
        "fault time-outs: facescreen-object-created may run 30 s; its calls may take 40 s",
        "warning quota: facescreen-object-created has no reserved concurrency: a burst starts any "
        "number of it",
    ]
