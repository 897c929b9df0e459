"""Runs the ``facescreen`` command as a user runs it."""

from __future__ import annotations

import json
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


def json_lines(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Parse what a command printed with ``--json``, one object a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def user_environment(env_file: Mapping[str, str], **overrides: str) -> dict[str, str]:
    """The environment of a user who has loaded the env file's values, and `overrides`."""
    # The settings allow a topic or a queue, not both.
    loaded = {name: value for name, value in env_file.items() if name != "MNS_QUEUE"}
    return {**os.environ, **loaded, "SCENE_CODE": SCENE_CODE, **overrides}


def run_facescreen(
    *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line, with the settings in `env` instead of this process's."""
    return subprocess.run(
        [FACESCREEN, *arguments],
        env=None if env is None else user_environment(env),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def exit_code(*arguments: str) -> int:
    """Run the command line in this process and return its exit code."""
    with (
        patch.object(sys, "argv", ["facescreen", *arguments]),
        pytest.raises(SystemExit) as raised,
    ):
        main()
    assert isinstance(raised.value.code, int)
    return raised.value.code


def run_on_terminal(typed: str, command: Sequence[str], **options: Any) -> tuple[int, str]:
    """Run a command on a pseudo-terminal and type `typed`. Returns its exit code and all that the
    terminal shows. `options` are Popen's."""
    controller, terminal = os.openpty()
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, **options
    ) as process:
        os.close(terminal)
        os.write(controller, typed.encode())
        output = b""
        with suppress(OSError):  # how Linux reports that the process closed the terminal
            while chunk := os.read(controller, 4096):
                output += chunk
    os.close(controller)
    return process.returncode, output.decode()


@contextmanager
def facescreen_up(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """Run ``facescreen up`` with its state in ``folder/data``, and yield its env file's values."""
    env_file = folder / "env"
    arguments = ["up", "--data", str(folder / "data"), "--env-file", str(env_file), *options]
    with subprocess.Popen([FACESCREEN, *arguments], stderr=subprocess.PIPE) as process:
        try:
            wait_for(env_file.exists, "the env file")
            lines = env_file.read_text().splitlines()
            yield dict(line.split("=", 1) for line in lines)
        finally:
            process.send_signal(signal.SIGTERM)
            stderr = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 0, stderr
    assert "not a forgery detector" in stderr
