"""Byte code for the target's Python.

A function's folder is read-only: without byte code in it, every cold start compiles everything.
It is of the unchecked kind, since a zip keeps no times worth a check; the sources stay for
tracebacks, and for those who read their own.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Unpackaged

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from .contents import Contents
    from .interpreter import Interpreter
    from .target import Target

_COMPILER = Path(__file__).with_name("compiler.py")
_MOST_SAID = 500


def compile_all(compiler: Interpreter, folder: Path, chosen: Contents, target: Target) -> None:
    """Makes it in `folder`, and adds it to what is chosen. Raises Unpackaged."""
    sources = [path for path in chosen.parts if path.suffix == ".py"]
    done = subprocess.run(  # noqa: S603
        [compiler.path, "-S", "-s", "-B", _COMPILER, folder, target.code],
        input="\n".join(str(path) for path in sources if not _of(path, folder, target).exists()),
        # The order in which sets are written hangs on the seed, which -I would leave out.
        env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip()[-_MOST_SAID:]
        raise Unpackaged(f"{compiler.path} could not write byte code: {said}")
    for path in sources:
        compiled = _of(path, folder, target)
        if compiled.exists():
            chosen.parts[path.parent / "__pycache__" / compiled.name] = chosen.parts[path]


def _of(source: PurePosixPath, folder: Path, target: Target) -> Path:
    tag = "cpython-" + target.python.replace(".", "")
    return folder / source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
