"""What a package is built from: unchanged, it need not be built again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from facescreen_cli.deploy_target import Target
from facescreen_cli.project import PROJECT

FUNCTIONS = PROJECT / "functions"
"""The folder of all that is ours in a package."""


def properties(target: Target, function: str, full_version: str) -> dict[str, str]:
    """As its bill says them. `exactly` is the Python that makes the byte code (``3.10.13``),
    empty for none."""
    return {
        "cloud": target.cloud,
        "function": function,
        "python": target.python,
        "platform": target.platform,
        "byte-code": full_version,
        "sources": _digest(target),
    }


def own_files() -> Iterator[Path]:
    """All of the functions folder that is ours."""
    for path in sorted(FUNCTIONS.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path


def _digest(target: Target) -> str:
    """SHA-256 of the lock file, our own code, and what builds it."""
    building = sorted(path for path in Path(__file__).parent.iterdir() if path.is_file())
    digest = hashlib.sha256()
    for path in (target.requirements, *own_files(), *building):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(PROJECT).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()
