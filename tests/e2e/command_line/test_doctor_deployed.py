"""``facescreen doctor`` when Function Compute differs from s.yaml."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.command_line.test_doctor import OTHER_VALUE_DEPLOYED, list_problems
from tests.support.cloud_client import PROJECT, run_local_cloud
from tests.support.command import json_lines

Command = Callable[..., subprocess.CompletedProcess[str]]
Resources = dict[str, Any]


def add_a_second_function(resources: Resources) -> None:
    resources["thumbnails"] = copy.deepcopy(resources["object_created"])
    props = resources["thumbnails"]["props"]
    props.update(functionName="thumbnails", handler="thumbnails.handler")


def rename_the_http_function(resources: Resources) -> None:
    resources["http_api"]["props"]["functionName"] = "renamed"


def remove_the_destination(resources: Resources) -> None:
    del resources["object_created"]["props"]["asyncInvokeConfig"]


def change_the_prefix(resources: Resources) -> None:
    [trigger] = resources["object_created"]["props"]["triggers"]
    trigger["triggerConfig"]["filter"]["key"]["prefix"] = "elsewhere/"


def leave_out_two_events(resources: Resources) -> None:
    """Deploy as version 0.1 did."""
    [trigger] = resources["object_created"]["props"]["triggers"]
    for event in ("AppendObject", "PutSymlink"):
        trigger["triggerConfig"]["events"].remove(f"oss:ObjectCreated:{event}")


def switch_the_sweep_off(resources: Resources) -> None:
    [trigger] = resources["sweep"]["props"]["triggers"]
    trigger["triggerConfig"]["enable"] = False


def change_the_limits(resources: Resources) -> None:
    props = resources["object_created"]["props"]
    props["timeout"] = 30
    del props["concurrencyConfig"]


def deliver_by_eventbridge(resources: Resources) -> None:
    other = yaml.safe_load((PROJECT / "s.eventbridge.yaml").read_text())["resources"]
    resources["object_created"]["props"]["triggers"] = other["object_created"]["props"]["triggers"]


@pytest.fixture
def doctor_of_deployment(
    facescreen: Command, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Deploy a changed s.yaml to a separate cloud and run doctor with the project's s.yaml."""

    def doctor_of_deployment(
        change: Callable[[Resources], None], *options: object
    ) -> subprocess.CompletedProcess[str]:
        template = yaml.safe_load((PROJECT / "s.yaml").read_text())
        change(template["resources"])
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(template))
        for folder in ("functions", "infra"):
            (tmp_path / folder).symlink_to(PROJECT / folder)
        with run_local_cloud(tmp_path / "data", tmp_path, CALLS_PER_SECOND="") as (
            _,
            deployed_client,
        ):
            return facescreen(
                "doctor", "--json", *options, **{**deployed_client.env, "MNS_QUEUE": ""}
            )

    return doctor_of_deployment


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            add_a_second_function,
            "fault collisions: the same events of selfies trigger thumbnails too",
        ),
        (rename_the_http_function, "fault functions: not deployed: facescreen-http-api"),
        (
            remove_the_destination,
            "fault dead letters: failed events of facescreen-object-created go nowhere",
        ),
        (
            change_the_prefix,
            "fault trigger: facescreen-object-created doesn't have the trigger on selfies",
        ),
        pytest.param(
            leave_out_two_events,
            "fault trigger: the trigger of facescreen-object-created on selfies leaves out "
            "oss:ObjectCreated:AppendObject, oss:ObjectCreated:PutSymlink",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            switch_the_sweep_off,
            "warning functions: facescreen-sweep is deployed without the schedule in s.yaml",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_differences_of_the_deployment_are_named(
    doctor_of_deployment: Callable[..., Any], change: Callable[[Resources], None], expected: str
) -> None:
    assert list_problems(doctor_of_deployment(change)) == [expected]


def test_events_by_eventbridge_are_recognized(doctor_of_deployment: Callable[..., Any]) -> None:
    assert (
        list_problems(
            doctor_of_deployment(
                deliver_by_eventbridge, "--template", PROJECT / "s.eventbridge.yaml"
            )
        )
        == []
    )


def test_events_by_another_way_than_in_s_yaml_are_named(
    doctor_of_deployment: Callable[..., Any],
) -> None:
    assert list_problems(doctor_of_deployment(deliver_by_eventbridge)) == [
        "fault trigger: facescreen-object-created doesn't have the trigger on selfies"
    ]


def test_other_limits_are_named(doctor_of_deployment: Callable[..., Any]) -> None:
    result = doctor_of_deployment(change_the_limits)
    [differs] = [line["says"] for line in json_lines(result) if line["level"] != "ok"]
    assert differs == (
        f"facescreen-object-created {OTHER_VALUE_DEPLOYED} timeout, reservedConcurrency"
    )


def test_an_inconsistent_s_yaml_is_named(
    facescreen: Command, doctor_of_deployment: Callable[..., Any], tmp_path: Path
) -> None:
    assert list_problems(
        doctor_of_deployment(change_the_limits, "--template", tmp_path / "s.yaml")
    ) == [
        "fault time-outs: facescreen-object-created may run 30 s; its calls may take 40 s",
        "warning quota: facescreen-object-created has no reserved concurrency: a burst starts any "
        "number of instances",
    ]
