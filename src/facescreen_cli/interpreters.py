"""An interpreter of the target's Python: no other makes its byte code."""

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
    """A CPython, and which exactly: ``3.10.13``."""

    path: Path
    full_version: str


def find_or_install(version: str) -> Interpreter:
    """One of CPython `version` (``3.10``), which uv installs where there is none. Raises
    Unpackaged."""
    found = find_installed(version)
    if found is None:
        _run([find_uv(), "python", "install", "--quiet", version], _INSTALL_TIMEOUT_S)
        found = find_installed(version)
    if found is None:
        raise Unpackaged(
            f"byte code for Python {version} needs a Python {version}, and none was found: install "
            f"it (`uv python install {version}`, or pyenv), or give --without-byte-code, and cold "
            "starts take several times as long"
        )
    return found


def find_installed(version: str) -> Interpreter | None:
    """The first on the PATH, of pyenv's, or known to uv."""
    for path in _candidate_paths(version):
        full_version = _cpython_version(path)
        if full_version.startswith(f"{version}."):
            return Interpreter(path, full_version)
    return None


def _candidate_paths(version: str) -> Iterator[Path]:
    on_path = which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    known = _run([find_uv(), "python", "find", "--no-project", "--no-python-downloads", version])
    if known:
        yield Path(known)


def _cpython_version(path: Path) -> str:
    """Empty where it is no CPython, or doesn't run."""
    implementation, _, version = (_run([str(path), "-I", "-c", _VERSION_SCRIPT]) or "").partition(
        " "
    )
    return version if implementation == "cpython" else ""


def _run(command: list[str], seconds: float = _RUN_TIMEOUT_S) -> str | None:
    """None where it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def find_uv() -> str:
    """The one installed with this command, or else the first on the PATH. Raises Unpackaged."""
    beside = Path(sys.executable).parent
    found = shutil.which("uv", path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))
    if found is None:
        raise Unpackaged("uv is not installed: run `pip install uv`")
    return found


class Unpackaged(click.ClickException):
    """Its message names what is wrong, and what to do."""
