"""``facescreen``, the command, as a user runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from facescreen_cli.main import main
from facescreen_local.cloud import SCENE_CODE
from tests.support.wait import wait_for

FACESCREEN = Path(sys.executable).with_name("facescreen")


def user_environment(env_file: Mapping[str, str], **more: str) -> dict[str, str]:
    """The environment of a user who has loaded the values of the env file."""
    # A topic and a queue in one environment is not what the function reads.
    known = {name: value for name, value in env_file.items() if name != "MNS_QUEUE"}
    return {**os.environ, **known, "SCENE_CODE": SCENE_CODE, **more}


def run_facescreen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FACESCREEN, *arguments], capture_output=True, text=True, timeout=180, check=False
    )


def exit_code(*arguments: str) -> int:
    """The exit code of the command line, run in this process."""
    with (
        patch.object(sys, "argv", ["facescreen", *arguments]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def run_on_terminal(answer: str, command: Sequence[str], **options: Any) -> tuple[int, str]:
    """The exit code of a command and all that a terminal shows, where `answer` is typed. `options`
    are Popen's."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, **options
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        shown = b""
        with suppress(OSError):  # Linux says so at the end
            while more := os.read(ours, 4096):
                shown += more
    os.close(ours)
    return process.returncode, shown.decode()


@contextmanager
def facescreen_up(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """``facescreen up`` with its state in ``folder/data``, and what its env file says."""
    env_file = folder / "env"
    arguments = ["up", "--data", str(folder / "data"), "--env-file", str(env_file), *options]
    with subprocess.Popen([FACESCREEN, *arguments], stderr=subprocess.PIPE) as process:
        try:
            wait_for(env_file.exists, "the env file")
            lines = env_file.read_text().splitlines()
            yield dict(line.split("=", 1) for line in lines)
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 0, said
    assert "not a forgery detector" in said
