"""The examples of the pages in docs/, as a user would paste them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud_client import PROJECT, LocalCloudClient
from tests.support.command import FACESCREEN, facescreen_up

DOCS = PROJECT / "docs"


def first_block(page: str) -> str:
    """The first block of shell commands on a page."""
    found = re.search(r"```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found, f"{page} has no commands"
    return found[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a user stands who has started the local cloud with its samples."""
    here = tmp_path_factory.mktemp("readme")
    (here / ".venv").symlink_to(Path(sys.prefix))
    with facescreen_up(here, "--samples") as told:
        (here / ".facescreen").symlink_to(here / "data")
        cloud_client = LocalCloudClient(told)
        cloud_client.wait_for_message("selfies/flagged.jpg")
        cloud_client.wait_for_message("selfies/portrait.jpg")
        yield here
        cloud_client.close()


@pytest.mark.parametrize("command", ["screen", "report", "doctor"])
def test_the_help_is_what_the_command_says(command: str) -> None:
    done = subprocess.run(
        [FACESCREEN, command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert done.stdout.strip() in (DOCS / "command-line.md").read_text()


def test_the_ad_hoc_calls(folder: Path) -> None:
    # What stands between the answers is what curl does not print.
    script = first_block("http-api.md").replace("curl -s", "curl -s -w '\\n' --fail-with-body")
    done = subprocess.run(
        ["/bin/bash", "-euc", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    verdicts = [answer.get("verdict") for answer in answers]
    low, high = "low_risk", "high_risk"
    assert verdicts == [high, low, low, low, low, high, None, None]
    assert answers[3]["object"]["key"] == "selfies/portrait.jpg"
    (flagged,) = answers[6]["objects"]
    assert flagged["screening"]["object"]["key"] == "selfies/flagged.jpg"
    assert answers[7]["hours"][0]["high_risk"] == 1
