"""Finds an interpreter of the target's Python, which is needed to compile its bytecode."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import click

_VERSION_SCRIPT = "import sys; print(sys.implementation.name, '%d.%d.%d' % sys.version_info[:3])"
_RUN_TIMEOUT_S = 20
_INSTALL_TIMEOUT_S = 300


@dataclass(frozen=True)
class Interpreter:
    """A CPython interpreter, with its full version: ``3.10.13``."""

    path: Path
    full_version: str


def find_or_install_python(version: str) -> Interpreter:
    """Find CPython `version` (``3.10``); uv installs it if there is none. Raises PackagingError."""
    interpreter = find_installed_python(version)
    if interpreter is None:
        _run([find_uv(), "python", "install", "--quiet", version], _INSTALL_TIMEOUT_S)
        interpreter = find_installed_python(version)
    if interpreter is None:
        raise PackagingError(
            f"bytecode for Python {version} needs Python {version}, which was not found: install "
            f"it (`uv python install {version}`, or pyenv), or use --without-byte-code, and cold "
            "starts take several times as long"
        )
    return interpreter


def find_installed_python(version: str) -> Interpreter | None:
    """Find CPython `version` on the PATH, in pyenv, or known to uv; None if there is none."""
    for path in _find_candidate_paths(version):
        full_version = _get_cpython_version(path)
        if full_version.startswith(f"{version}."):
            return Interpreter(path, full_version)
    return None


def _find_candidate_paths(version: str) -> Iterator[Path]:
    on_path = which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    uv_python = _run(
        [find_uv(), "python", "find", "--no-project", "--no-python-downloads", version]
    )
    if uv_python:
        yield Path(uv_python)


def _get_cpython_version(path: Path) -> str:
    """The full version; empty if it isn't CPython or doesn't run."""
    implementation, _, version = (_run([str(path), "-I", "-c", _VERSION_SCRIPT]) or "").partition(
        " "
    )
    return version if implementation == "cpython" else ""


def _run(command: list[str], timeout_s: float = _RUN_TIMEOUT_S) -> str | None:
    """Run a command and return its output; None if it failed."""
    try:
        process = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=timeout_s
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout.strip() if process.returncode == 0 else None


def find_uv() -> str:
    """The uv installed with this command, or else the first on the PATH. Raises PackagingError."""
    same_folder = Path(sys.executable).parent
    uv = shutil.which("uv", path=os.pathsep.join([str(same_folder), os.environ.get("PATH", "")]))
    if uv is None:
        raise PackagingError("uv is not installed: run `pip install uv`")
    return uv


class PackagingError(click.ClickException):
    """A package can't be built. The message says why, and what to do."""
