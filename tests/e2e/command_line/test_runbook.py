"""Every command of docs/runbook.md, typed as written, with two kinds of .env: the env file of the
local cloud, and .env.example with values filled in."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from mns.queue import Message

from facescreen_local.cloud import LocalCloud, write_env_file
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud
from tests.support.command import run_on_terminal
from tests.support.leaks import FORBIDDEN_PATTERN
from tests.support.samples import sample_files

PAGE = (PROJECT / "docs" / "runbook.md").read_text()
_FENCED = re.compile(r"^ *```sh\n(.*?)```", re.DOTALL | re.MULTILINE)
COMMANDS = [
    line.partition(" #")[0].strip()
    for block in _FENCED.findall(PAGE)
    for line in block.strip().splitlines()
]
EXPECTED = {
    "facescreen doctor": (0, "all are read, by facescreen-object-created"),
    "facescreen report oss://BUCKET/PREFIX/": (0, "low_risk"),
    "facescreen screen oss://BUCKET/KEY --write-back": (1, "high_risk (as scripted)"),
    "facescreen release oss://BUCKET/KEY": (0, "released      oss://selfies/kyc/"),
    "python -m facescreen_cli.commands.doctor.bucket_policy BUCKET": (
        0,
        '"oss:RequestObjectTag/deepfake-verdict": "*"',
    ),
    "facescreen redrive --dry-run": (0, "1 AccessRefused, since 2023-11-14"),
    "facescreen redrive --cause AccessRefused": (0, "1 sent again, 0 kept."),
    "facescreen backfill oss://BUCKET --all --missing": (0, "0 to screen"),
}
"""Each command's exit code and a part of its output."""
_DEAD_LETTER = {
    "timestamp": 1_700_000_000_000,
    "requestContext": {"condition": "RetriesExhausted"},
    "requestPayload": '{"events": []}',
    "responsePayload": '{"errorType": "AccessRefused", "errorMessage": "allow it"}',
}


@dataclass(frozen=True)
class Shell:
    """The shell of an engineer on call: a folder with .env, and environment variables."""

    folder: Path
    variables: Mapping[str, str]
    key: str
    """Key of a quarantined object."""

    def type(self, command: str) -> tuple[int, str]:
        """Run a command, answer every question with yes, and return exit code and output."""
        typed = command.replace("BUCKET", "selfies").replace("PREFIX", "today")
        typed = typed.replace("KEY", self.key)
        shell_variables = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "COLUMNS": "160",
        }
        return run_on_terminal(
            "y\n",
            ["/bin/bash", "-c", typed],
            cwd=self.folder,
            env={**shell_variables, **self.variables},
        )


@pytest.fixture(scope="module")
def cloud_and_client(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalCloud, LocalCloudClient]]:
    settings = {"QUARANTINE": "private", "QUARANTINE_STAND_IN": "true"}
    with run_local_cloud(tmp_path_factory.mktemp("cloud"), **settings) as (cloud, cloud_client):
        cloud_client.put("today/a.jpg", sample_files(cloud)["portrait.jpg"])
        cloud_client.wait_for_message("today/a.jpg")
        yield cloud, cloud_client


@pytest.fixture(scope="module", params=["written", "filled-in"])
def shell(
    request: pytest.FixtureRequest,
    cloud_and_client: tuple[LocalCloud, LocalCloudClient],
    tmp_path_factory: pytest.TempPathFactory,
) -> Shell:
    cloud, cloud_client = cloud_and_client
    folder, key = tmp_path_factory.mktemp("shell"), f"kyc/{request.param}.jpg"
    cloud_client.put(key, sample_files(cloud)["flagged.jpg"])
    cloud_client.wait_for_message(key)
    cloud_client.account.get_queue(cloud_client.env["MNS_DLQ"]).send_message(
        Message(json.dumps(_DEAD_LETTER))
    )
    if request.param == "filled-in":
        (folder / ".env").write_text(fill_in_env_example(cloud_client.env))
        return Shell(folder, machine_variables(cloud_client.env), key)
    write_env_file(folder / ".env", cloud_client.env)
    return Shell(folder, {}, key)


def fill_in_env_example(env: Mapping[str, str]) -> str:
    """Return .env.example with the required values and the endpoints of the local cloud."""
    text = (PROJECT / ".env.example").read_text()
    required = re.findall(r"^([A-Z_]+)=$", text, re.MULTILINE)
    endpoints = [name for name in env if name.endswith("_ENDPOINT") and f"#{name}=" in text]
    for name in (*required, *endpoints):
        text = re.sub(rf"^#?{name}=.*$", f"{name}={env[name]}", text, flags=re.MULTILINE)
    return text


def machine_variables(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are not in .env: the AccessKey and settings of a local cloud."""
    keys = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    local = ("FC_ENDPOINT", "FACESCREEN_LOCAL", "CLOUDAUTH_CA_FILE")
    return {name: env[name] for name in (*keys, *local)}


def test_every_command_of_the_runbook_is_tested() -> None:
    assert [f"{command} --env .env" for command in EXPECTED] == COMMANDS


def test_every_command_is_in_a_code_block() -> None:
    inline_commands = re.findall(r"`((?:facescreen|python) [^`\n]*)`", _FENCED.sub("", PAGE))
    assert inline_commands == []


@pytest.mark.parametrize("command", EXPECTED)
def test_the_command_works(
    shell: Shell, cloud_and_client: tuple[LocalCloud, LocalCloudClient], command: str
) -> None:
    status, expected = EXPECTED[command]
    exit_code, output = shell.type(f"{command} --env .env")
    assert (exit_code, expected in output) == (status, True), output
    assert not FORBIDDEN_PATTERN.search(output)
    assert cloud_and_client[0].account.key.access_key_secret not in output
