"""Compiles bytecode for the target's Python.

A function's folder is read-only, so without bytecode every cold start compiles everything. The
bytecode is of the unchecked kind, because file times in a zip mean nothing. The sources are kept
for tracebacks, and for code that reads its own source.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from facescreen_cli.deploy_target import DeployTarget
from facescreen_cli.interpreters import Interpreter, PackagingError

_COMPILER_SCRIPT = Path(__file__).with_name("compiler.py")
_MAX_ERROR_CHARACTERS = 500


def compile_sources(
    compiler: Interpreter, folder: Path, parts: Mapping[PurePosixPath, str], target: DeployTarget
) -> dict[PurePosixPath, str]:
    """Compile the sources among `parts` in `folder`. `parts` maps files to the part that each
    belongs to; returns the same for the bytecode files. Raises PackagingError."""
    sources = {path: _pyc_path(path, target) for path in parts if path.suffix == ".py"}
    missing = [str(path) for path, pyc_path in sources.items() if not (folder / pyc_path).exists()]
    process = subprocess.run(
        [compiler.path, "-S", "-s", "-B", _COMPILER_SCRIPT, folder, target.code],
        input="\n".join(missing),
        # The order of sets in bytecode depends on the hash seed, which -I would ignore.
        env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        error_text = process.stderr.strip()[-_MAX_ERROR_CHARACTERS:]
        raise PackagingError(f"{compiler.path} could not write bytecode: {error_text}")
    return {
        pyc_path: parts[path] for path, pyc_path in sources.items() if (folder / pyc_path).exists()
    }


def _pyc_path(source: PurePosixPath, target: DeployTarget) -> PurePosixPath:
    tag = "cpython-" + target.python.replace(".", "")
    return source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
