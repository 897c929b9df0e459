"""The command group: its commands, their line in ``--help``, and what listing them imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from facescreen.errors import AccessDeniedError, InvalidSettingsError
from facescreen_cli.deploy_target import FUNCTION_MODULES
from facescreen_cli.main import facescreen
from tests.support.command import exit_code

COMMANDS = [
    "demo", "up", "screen", "doctor", "report", "package", "release", "backfill", "redrive",
]  # fmt: skip
TOY_COMMAND = '''
import click

@click.command()
def toy() -> int:
    """Does nothing."""
    return 7
'''


def raiser(error: Exception) -> Callable[[], int | None]:
    def run() -> int | None:
        raise error

    return run


def run_python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_commands_are_listed_in_a_fixed_order() -> None:
    assert facescreen.list_commands(click.Context(facescreen)) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_shows_the_first_sentence_of_each_commands_help(name: str) -> None:
    command = getattr(import_module(f"facescreen_cli.commands.{name}.command"), name)
    assert command.help.partition("\n\n")[0] == facescreen.commands[name].help


def test_listing_the_commands_does_not_import_their_modules() -> None:
    result = run_python(
        "import sys\n"
        "from facescreen_cli.main import facescreen\n"
        "facescreen(['--help'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.startswith('facescreen_cli.commands.')])\n"
    )
    assert "redrive   Send dead letters" in result.stdout, result.stderr
    assert result.stdout.splitlines()[-1] == str(
        [f"facescreen_cli.commands.{name}" for name in sorted(COMMANDS)]
    )


def test_adding_a_package_adds_a_command(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "__init__.py").write_text('"""Does nothing."""\n')
    (tmp_path / "toy" / "command.py").write_text(TOY_COMMAND)
    script = (
        "import sys\n"
        "from facescreen_cli import commands\n"
        "commands.__path__.append(sys.argv.pop(1))\n"
        "from facescreen_cli.main import main\n"
        "main()\n"
    )
    assert run_python(script, str(tmp_path), "toy").returncode == 7
    help_lines = run_python(script, str(tmp_path), "--help").stdout.splitlines()
    assert ["toy", "Does nothing."] in [line.split(maxsplit=1) for line in help_lines]


@pytest.mark.parametrize(
    ("run", "code", "stderr"),
    [
        (lambda: None, 0, ""),
        (lambda: 1, 1, ""),
        (raiser(click.UsageError("no such option")), 64, "Error: no such option\n"),
        (raiser(click.ClickException("the disk is full")), 2, "Error: the disk is full\n"),
        (raiser(AccessDeniedError("allow it")), 2, "Error: allow it\n"),
        (raiser(InvalidSettingsError("NoSuchBucket")), 2, "Error: NoSuchBucket\n"),
        (raiser(click.Abort()), 130, ""),
    ],
)
def test_errors_become_exit_codes_and_messages(
    run: Callable[[], int | None],
    code: int,
    stderr: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("facescreen_cli.main.facescreen", lambda **_: run())
    assert exit_code() == code
    assert capsys.readouterr().err == stderr


def test_the_help_of_package_names_every_function_as_the_default() -> None:
    help_text = " ".join(CliRunner().invoke(facescreen, ["package", "--help"]).output.split())
    assert f"--function [{'|'.join(FUNCTION_MODULES)}]" in help_text
    assert "[default: all functions]" in help_text
    assert "Both" not in help_text
