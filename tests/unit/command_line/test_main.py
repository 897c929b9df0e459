"""The group: which commands there are, what ``--help`` says of them, and what that imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest

from facescreen.errors import AccessDeniedError, InvalidSettingsError
from facescreen_cli.main import facescreen
from tests.support.command import exit_code

COMMANDS = [
    "demo", "up", "screen", "doctor", "report", "package", "release", "backfill", "redrive",
]  # fmt: skip
TOY = '''
import click

@click.command()
def toy() -> int:
    """Does nothing."""
    return 7
'''


def ended_by(error: Exception) -> Callable[[], int | None]:
    def end() -> int | None:
        raise error

    return end


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_they_are_listed_in_an_order_of_their_own() -> None:
    assert facescreen.list_commands(click.Context(facescreen)) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says_first(name: str) -> None:
    command = getattr(import_module(f"facescreen_cli.commands.{name}.command"), name)
    assert command.help.partition("\n\n")[0] == facescreen.commands[name].help


def test_the_list_imports_no_commands_module() -> None:
    done = python(
        "import sys\n"
        "from facescreen_cli.main import facescreen\n"
        "facescreen(['--help'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.startswith('facescreen_cli.commands.')])\n"
    )
    assert "redrive   Send what failed" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == str(
        [f"facescreen_cli.commands.{name}" for name in sorted(COMMANDS)]
    )


def test_a_package_is_a_command(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "__init__.py").write_text('"""Does nothing."""\n')
    (tmp_path / "toy" / "command.py").write_text(TOY)
    script = (
        "import sys\n"
        "from facescreen_cli import commands\n"
        "commands.__path__.append(sys.argv.pop(1))\n"
        "from facescreen_cli.main import main\n"
        "main()\n"
    )
    assert python(script, str(tmp_path), "toy").returncode == 7
    listed = python(script, str(tmp_path), "--help").stdout.splitlines()
    assert ["toy", "Does nothing."] in [line.split(maxsplit=1) for line in listed]


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [
        (lambda: None, 0, ""),
        (lambda: 1, 1, ""),
        (ended_by(click.UsageError("no such option")), 64, "Error: no such option\n"),
        (ended_by(click.ClickException("the disk is full")), 2, "Error: the disk is full\n"),
        (ended_by(AccessDeniedError("allow it")), 2, "Error: allow it\n"),
        (ended_by(InvalidSettingsError("NoSuchBucket")), 2, "Error: NoSuchBucket\n"),
        (ended_by(click.Abort()), 130, ""),
    ],
)
def test_how_a_command_ends(
    end: Callable[[], int | None],
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("facescreen_cli.main.facescreen", lambda **_: end())
    assert exit_code() == code
    assert capsys.readouterr().err == says
