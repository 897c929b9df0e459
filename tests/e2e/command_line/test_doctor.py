"""``facescreen doctor`` on the local cloud: all ok, and each injected fault is reported."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import oss2
import pytest
from mns.queue import Message

from facescreen_local.cloud import LocalCloud
from tests.e2e.command_line.clocks import run_server_with_clock
from tests.support.cloud_client import LocalCloudClient, run_local_cloud
from tests.support.command import json_lines

Command = Callable[..., subprocess.CompletedProcess[str]]

OTHER_VALUE_DEPLOYED = "was deployed with another"


@pytest.fixture(scope="module")
def cloud_and_client(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    """A cloud and its client, with the default quota of an account."""
    with run_local_cloud(tmp_path_factory.mktemp("cloud"), CALLS_PER_SECOND="") as cloud_and_client:
        yield cloud_and_client


def list_problems(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return level, check and text of each line that is not ok.

    Lines about settings that differ from the deployed ones are left out, because a test does not
    deploy its settings.
    """
    assert result.stdout, result.stderr
    problems = [line for line in json_lines(result) if line["level"] != "ok"]
    assert all(line["remedy"] for line in problems)
    assert result.returncode == 2 * any(line["level"] == "fault" for line in problems)
    return [
        f"{line['level']} {line['check']}: {line['says']}"
        for line in problems
        if OTHER_VALUE_DEPLOYED not in line["says"]
    ]


def test_everything_is_ok_on_the_local_cloud(
    doctor: Command, cloud_client: LocalCloudClient, tmp_path: Path
) -> None:
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in cloud_client.env.items()))
    result = doctor("--env", env_file, "--json")
    assert {line["level"] for line in json_lines(result)} == {"ok"}, result.stdout
    assert result.returncode == 0
    assert {line["check"] for line in json_lines(result)} == {
        "settings", "surroundings", "time-outs", "quota", "sweep", "credentials", "endpoint OSS",
        "endpoint ID Verification", "endpoint uploads", "endpoint MNS",
        "endpoint Function Compute", "clock", "watched bucket", "tag guard", "versioning",
        "state bucket", "ID Verification", "topic", "dead letters", "functions", "trigger",
        "HTTP trigger", "collisions",
    }  # fmt: skip
    assert doctor("--env", env_file).stdout.splitlines()[-1] == f"{len(json_lines(result))} ok."


def test_nothing_is_written_and_nothing_is_paid_for(
    doctor: Command, cloud_client: LocalCloudClient, cloud: LocalCloud
) -> None:
    before = len(cloud.cloudauth.calls)
    assert doctor("--json").returncode == 0
    calls = cloud.cloudauth.calls[before:]
    assert [call.billed for call in calls] == [False] * len(calls)
    assert cloud_client.receive_messages() == []
    for bucket in (cloud_client.bucket, state_bucket(cloud_client, "facescreen-state")):
        assert list(oss2.ObjectIterator(bucket, prefix="facescreen-doctor/")) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"SCENE_CODE": "short"}, "fault settings: SCENE_CODE must be exactly 10"),
        ({"STRICTNESS": "very"}, "fault settings: STRICTNESS must be one of"),
        ({"OSS_BUCKET": ""}, "fault settings: OSS_BUCKET must be the watched bucket's name"),
        ({"STATE_BUCKET": "selfies"}, "fault settings: STATE_BUCKET must not be OSS_BUCKET"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}, "fault credentials: no credentials"),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"},
            "fault ID Verification: Specified signature is not matched",
        ),
        ({"OSS_ENDPOINT": "http://127.0.0.1:9"}, "fault endpoint OSS: 127.0.0.1:9: Connection re"),
        (
            {"OSS_BUCKET": "absent"},
            "fault watched bucket: OSS rejected the request: The specified bucket does",
        ),
        (
            {"OSS_BUCKET": "absent"},
            "fault trigger: facescreen-object-created doesn't have the trigger",
        ),
        (
            {"STATE_BUCKET": "absent"},
            "fault state bucket: OSS rejected the request: The specified bucket does",
        ),
        ({"MNS_TOPIC": "absent"}, "fault topic: there is no topic absent"),
        ({"MNS_DLQ": "absent"}, "fault dead letters: there is no queue absent"),
        ({"CALLS_PER_SECOND": "50"}, "warning quota: CALLS_PER_SECOND is 50; an account has 10"),
        ({"CALLS_PER_SECOND": "1"}, "warning quota: 20 instances of facescreen-object-created ar"),
        ({"VIDEO_TIMEOUT_SECONDS": "60"}, "fault time-outs: facescreen-object-created may run 60"),
        ({"HTTP_LONGEST_SECONDS": "90"}, "fault time-outs: facescreen-http-api may run 60 s"),
        (
            {"FACESCREEN_LOCAL": "", "HTTP_AUTH": "function"},
            "fault ID Verification: the endpoint is an emulator",
        ),
        (
            {"FACESCREEN_LOCAL": "", "HTTP_AUTH": "function"},
            "fault HTTP trigger: anyone may call facescreen-http-api",
        ),
        (
            {"FACESCREEN_LOCAL": "", "HTTP_AUTH": "function"},
            "warning versioning: selfies is unversioned",
        ),
        ({"SWEEP": "false"}, "warning sweep: facescreen-sweep is off"),
        (
            {"SWEEP_SCHEDULE": "@every 1h"},
            "warning functions: facescreen-sweep is deployed without",
        ),
        (
            {"FACESCREEN_LOCAL": "", "HTTP_AUTH": "function"},
            "warning tag guard: anyone who may tag objects in selfies may forge deepfake-verdict",
        ),
    ],
)
def test_a_wrong_setting_is_named(doctor: Command, settings: dict[str, str], expected: str) -> None:
    problems = list_problems(doctor("--json", **settings))
    assert any(line.startswith(expected) for line in problems), problems


def test_settings_that_are_not_deployed_are_named(doctor: Command) -> None:
    result = doctor("--json", STRICTNESS="strict")
    differing = [
        line["says"] for line in json_lines(result) if OTHER_VALUE_DEPLOYED in line["says"]
    ]
    assert differing == [
        f"facescreen-{name} {OTHER_VALUE_DEPLOYED} STRICTNESS"
        for name in ("object-created", "http-api", "sweep")
    ]


def test_a_misspelled_name_is_reported_with_a_suggestion(doctor: Command, tmp_path: Path) -> None:
    env_file = tmp_path / "env"
    env_file.write_text("# Mine\nexport CALL_PER_SECOND='5'\nZZZ=1\n")
    result = doctor("--json", "--env", env_file, "--offline")
    remedies = {
        line["says"]: line["remedy"] for line in json_lines(result) if line["level"] == "warning"
    }
    assert remedies == {
        "nothing reads CALL_PER_SECOND": "Did you mean CALLS_PER_SECOND?",
        "nothing reads ZZZ": "Remove it.",
    }


@pytest.mark.parametrize("name", ["HELD_ROLES", "REVIEWERS", "FC_SERVICE", "LAMBDA_PYTHON"])
def test_a_name_that_only_a_command_reads_is_known(
    doctor: Command, tmp_path: Path, name: str
) -> None:
    env_file = tmp_path / "env"
    env_file.write_text(f"{name}=onboarding\n")
    assert list_problems(doctor("--json", "--env", env_file, "--offline")) == []


@pytest.mark.parametrize("text", ["no equals sign", "=value", "A B=1"])
def test_a_malformed_env_file_is_a_usage_error(doctor: Command, tmp_path: Path, text: str) -> None:
    env_file = tmp_path / "env"
    env_file.write_text(f"SCENE_CODE=local_0001\n{text}\n")
    result = doctor("--env", env_file, "--offline")
    assert result.returncode == 64
    assert "line 2: not KEY=value" in result.stderr


def test_an_untrusted_certificate_is_named(doctor: Command, cloud: LocalCloud) -> None:
    uploads = cloud.cloudauth.uploads.url
    assert uploads.startswith("https://")
    assert list_problems(doctor("--json", CLOUDAUTH_UPLOAD_ENDPOINT=uploads)) == []
    problems = list_problems(
        doctor("--json", CLOUDAUTH_UPLOAD_ENDPOINT=uploads, CLOUDAUTH_CA_FILE="")
    )
    assert len(problems) == 1
    assert problems[0].startswith("fault endpoint uploads: ")
    assert "its certificate is not trusted" in problems[0]


@pytest.mark.parametrize(
    ("ahead_s", "expected"),
    [
        # Dates have whole seconds. Half a second more makes the rounding unambiguous.
        (7200.5, "fault clock: this machine is 7200 s behind uploads, which rejects"),
        (-7200.5, "fault clock: this machine is 7201 s ahead of uploads, which rejects"),
        (120.5, "warning clock: this machine is 120 s behind uploads"),
    ],
)
def test_a_wrong_clock_is_named(doctor: Command, ahead_s: float, expected: str) -> None:
    with run_server_with_clock(ahead_s) as url:
        [problem] = list_problems(doctor("--json", CLOUDAUTH_UPLOAD_ENDPOINT=url))
    assert problem.startswith(expected)


def test_a_versioned_state_bucket_is_named(
    doctor: Command, cloud_client: LocalCloudClient, cloud: LocalCloud
) -> None:
    cloud.oss.create_bucket("with-versions", versioning=True)
    problems = list_problems(doctor("--json", STATE_BUCKET="with-versions"))
    assert problems == [
        "fault state bucket: with-versions is versioned (Enabled): the ledger "
        "needs an unversioned bucket"
    ]


def test_a_topic_without_subscribers_is_named(doctor: Command, cloud: LocalCloud) -> None:
    cloud.mns.create_topic("quiet")
    problems = list_problems(doctor("--json", MNS_TOPIC="quiet"))
    assert problems == ["warning topic: quiet has no subscribers: verdicts are only in tags"]


def test_waiting_dead_letters_are_counted(
    doctor: Command, cloud: LocalCloud, cloud_client: LocalCloudClient
) -> None:
    cloud.mns.create_queue("full")
    cloud_client.account.get_queue("full").send_message(Message("a letter"))
    problems = list_problems(doctor("--json", MNS_DLQ="full"))
    assert "warning dead letters: 1 in full: these events have no verdict" in problems


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        (
            ("oss", "PutObjectTagging", "AccessDenied"),
            "warning watched bucket: these credentials may not oss:PutObjectTagging in selfies",
        ),
        (
            ("oss", "AppendObject", "AccessDenied"),
            "warning state bucket: these credentials may not oss:PutObject in facescreen-state",
        ),
        (
            ("cloudauth", "DeepfakeDetectIntl", "Forbidden.RAMUserAccessDenied"),
            "fault ID Verification: scripted fault; grant the caller AliyunAntCloudAuthFullAccess",
        ),
    ],
)
def test_a_missing_permission_is_named(
    doctor: Command, cloud_client: LocalCloudClient, denied: tuple[str, str, str], expected: str
) -> None:
    service, operation, code = denied
    cloud_client.set_behaviour(
        **{service: {"faults": [{"operation": operation, "code": code, "status": 403}]}}
    )
    [problem] = list_problems(doctor("--json"))
    assert problem.startswith(expected)


def test_a_missing_s_yaml_is_named(doctor: Command, tmp_path: Path) -> None:
    problems = list_problems(doctor("--json", "--offline", "--template", tmp_path / "none.yaml"))
    assert problems == [f"fault s.yaml: {tmp_path / 'none.yaml'}: No such file or directory"]


def state_bucket(cloud_client: LocalCloudClient, name: str) -> oss2.Bucket:
    return oss2.Bucket(
        cloud_client.bucket.auth,
        cloud_client.env["OSS_ENDPOINT"],
        name,
        region=cloud_client.env["OSS_REGION"],
    )


def test_a_value_that_the_environment_overrides_is_reported(
    doctor: Command, tmp_path: Path
) -> None:
    env_file = tmp_path / "env"
    env_file.write_text("STRICTNESS=strict\nTAG_FORM=merged\n")
    problems = list_problems(doctor("--json", "--env", env_file, "--offline", STRICTNESS="lenient"))
    assert problems == [
        "warning settings: STRICTNESS has another value in the environment, which Serverless Devs "
        "would take"
    ]
