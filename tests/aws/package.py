"""What a function ships, built as `sam build` builds it, and what it finds beside it on Lambda."""

from __future__ import annotations

import compileall
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

_BUILD = Path(__file__).parents[2] / "infra" / "aws" / "build"
_BROUGHT = ("awslambdaric", "boto3")


def built(folder: Path) -> Path:
    """The package, for this Python and machine, in `folder`."""
    here = {
        "LAMBDA_ARCHITECTURE": platform.machine().replace("aarch64", "arm64"),
        "LAMBDA_PYTHON": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    subprocess.run([_BUILD, folder], env={**os.environ, **here}, check=True)  # noqa: S603
    # Instances that compile it side by side would start too slowly for two cores.
    compileall.compile_dir(folder, quiet=2)
    return folder


def managed_runtime(folder: Path) -> Path:
    """Links what Lambda's Python brings, its client and boto3 with all they need, into `folder`
    (Configuration.runtime)."""
    folder.mkdir()
    for found in _with_requirements(_BROUGHT).values():
        for name in {path.parts[0] for path in found.files or () if path.parts[0] != ".."}:
            (folder / name).symlink_to(Path(str(found.locate_file(name))))
    return folder


def _with_requirements(names: tuple[str, ...]) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = distribution(name)
            plain = [text for text in found[name].requires or () if "extra ==" not in text]
            wanted += [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in plain]
    return found
