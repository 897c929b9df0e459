"""Byte code for the target's Python.

A function's folder is read-only: without byte code in it, every cold start compiles everything.
It is of the unchecked kind, since a zip keeps no times worth a check; the sources stay for
tracebacks, and for those who read their own.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from facescreen_cli.deploy_target import Target
from facescreen_cli.interpreters import Interpreter, PackagingError

_COMPILER = Path(__file__).with_name("compiler.py")
_MOST_SAID = 500


def compiled(
    compiler: Interpreter, folder: Path, parts: Mapping[PurePosixPath, str], target: Target
) -> dict[PurePosixPath, str]:
    """Makes it in `folder` for the sources among `parts`: files, and what each belongs to. Gives
    the files that it made in the same way. Raises PackagingError."""
    sources = {path: _of(path, target) for path in parts if path.suffix == ".py"}
    missing = [str(path) for path, made in sources.items() if not (folder / made).exists()]
    done = subprocess.run(
        [compiler.path, "-S", "-s", "-B", _COMPILER, folder, target.code],
        input="\n".join(missing),
        # The order in which sets are written hangs on the seed, which -I would leave out.
        env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip()[-_MOST_SAID:]
        raise PackagingError(f"{compiler.path} could not write byte code: {said}")
    return {made: parts[path] for path, made in sources.items() if (folder / made).exists()}


def _of(source: PurePosixPath, target: Target) -> PurePosixPath:
    tag = "cpython-" + target.python.replace(".", "")
    return source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
