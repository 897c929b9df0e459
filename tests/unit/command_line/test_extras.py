"""The error message when the extra that a command needs is not installed."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import click
import pytest

from facescreen import __version__
from facescreen_cli.extras import find_missing_requirements, require_local_cloud

REQUIREMENTS = [
    "httpx<1,>=0.28",
    "no-such-client>=1; extra == 'client'",
    "no-such-cloud[all]<2,>=1; python_version >= '3.10' and extra == \"cli\"",
    "pytest; extra == 'cli'",
]
SCRIPT_WITHOUT_MODULE = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
from facescreen_cli.console_script import main
main()
"""


def run_without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT_WITHOUT_MODULE.format(name=module), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_is_missing_with_all_extras_installed() -> None:
    assert find_missing_requirements("client") == []
    assert find_missing_requirements("cli") == []
    require_local_cloud()


def test_the_first_missing_distribution_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: REQUIREMENTS)
    assert find_missing_requirements("client") == ["no-such-client"]
    with pytest.raises(click.ClickException) as raised:
        require_local_cloud()
    assert raised.value.message == (
        "the local cloud is not installed (no-such-cloud is missing): install the "
        f'wheel with [cli], `pip install "facescreen-{__version__}-py3-none-any.whl[cli]"`'
    )


@pytest.mark.parametrize("arguments", [["demo"], ["up"], ["screen", "--local", __file__]])
def test_commands_that_need_the_local_cloud_ask_for_it(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from facescreen_cli.main import main

    monkeypatch.setattr(metadata, "requires", lambda _: REQUIREMENTS)
    monkeypatch.setattr(sys, "argv", ["facescreen", *arguments])
    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == 2
    assert "the local cloud is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["click", "rich", "dotenv"])
def test_without_any_extra_the_error_names_both_extras(module: str) -> None:
    result = run_without(module, "report")
    assert result.returncode == 2
    assert result.stderr.startswith(
        f"Error: the command line needs {module}, which is not installed."
    )
    for extra in ("cli", "client"):
        assert f"[{extra}]" in result.stderr


def test_a_missing_module_of_facescreen_is_not_reported_as_a_missing_extra() -> None:
    result = run_without("facescreen_serverless_devs", "doctor")
    assert "Traceback" in result.stderr
    assert "facescreen_serverless_devs" in result.stderr
