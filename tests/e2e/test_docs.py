"""The examples of the pages in docs/, as a user would paste them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud_client import PROJECT, LocalCloudClient
from tests.support.command import FACESCREEN, facescreen_up

DOCS = PROJECT / "docs"
LOAD_ENV = "set -a; . ./env; set +a\n"
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def blocks(page: str, language: str = "sh") -> list[str]:
    """The fenced blocks of a page that are written in `language`."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.M)
    return [block for found, block in fenced if found == language]


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a user's shell commands in `folder`."""
    return subprocess.run(
        ["/bin/bash", "-euc", script],
        cwd=folder,
        env={
            "PATH": f"{FACESCREEN.parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "COLUMNS": "80",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a user who has started the local cloud with its samples."""
    here = tmp_path_factory.mktemp("docs")
    (here / ".venv").symlink_to(Path(sys.prefix))
    with facescreen_up(here, "--samples") as env_file:
        (here / ".facescreen").symlink_to(here / "data")
        cloud_client = LocalCloudClient(env_file)
        cloud_client.wait_for_message("selfies/flagged.jpg")
        cloud_client.wait_for_message("selfies/portrait.jpg")
        yield here
        cloud_client.close()


def test_the_help_texts_are_what_a_command_prints(tmp_path: Path) -> None:
    # tests/unit/test_docs.py compares the other commands, without a process for each.
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    [script] = blocks("command-line.md")
    result = run(tmp_path, f"{script}\ncomplete -p facescreen\nfacescreen report --help")
    completion, _, help_text = result.stdout.partition("\n")
    assert completion.endswith(" facescreen"), result.stderr
    assert help_text.strip() in (DOCS / "command-line.md").read_text()


@needs_curl
def test_the_calls_of_the_http_api(folder: Path) -> None:
    [script] = blocks("http-api.md")
    # curl does not print a line end after a response.
    result = run(folder, script.replace("curl -s", "curl -s -w '\\n' --fail-with-body"))
    assert result.returncode == 0, result.stdout + result.stderr
    answers: list[dict[str, Any]] = [json.loads(line) for line in result.stdout.splitlines()]
    verdicts = [answer.get("verdict") for answer in answers]
    low, high = "low_risk", "high_risk"
    assert verdicts == [high, low, low, low, low, high, None, None]
    assert answers[3]["object"]["key"] == "selfies/portrait.jpg"
    (flagged,) = answers[6]["objects"]
    assert flagged["screening"]["object"]["key"] == "selfies/flagged.jpg"
    assert answers[7]["hours"][0]["high_risk"] == 1


def test_the_doctor_finds_a_wrong_bucket(folder: Path) -> None:
    [shown] = [block for block in blocks("command-line.md", "") if block.startswith("$ ")]
    command, _, output = shown.partition("\n")
    result = run(folder, LOAD_ENV + command.removeprefix("$ "))
    assert result.returncode == 2, result.stdout
    parts = [re.escape(part.strip()) for part in output.split("…") if part.strip()]
    assert re.search(".*".join(parts), result.stdout, re.DOTALL), result.stdout


@needs_curl
def test_the_admin_address(folder: Path) -> None:
    [script] = [block for block in blocks("local-cloud.md") if "LOCAL_ADMIN" in block]
    result = run(folder, LOAD_ENV + script.replace("curl ", "curl -s -w '\\n' "))
    assert result.returncode == 0, result.stderr
    quota, fault, late, faults, billed, calls, invocations, pending, reset, fired = map(
        json.loads, result.stdout.splitlines()
    )
    assert quota["cloudauth"]["quota"] == 10
    assert fault["oss"]["faults"][0]["kill"] is True
    assert late["oss"]["faults"][0]["late_s"] == 2
    assert isinstance(faults, list)
    assert 0 < len(billed) < len(calls)
    assert len(invocations) > 0
    assert pending["events"] >= 0
    assert pending["late_calls"] >= 0
    assert reset is None
    assert fired == {"fired": 1}
