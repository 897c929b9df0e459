"""What the functions ship, as `sam build` ships it, and what they find beside it on Lambda."""

from __future__ import annotations

import platform
import re
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from facescreen_cli.commands.package.build import Builder
from facescreen_cli.deploy_target import FUNCTIONS, target
from facescreen_cli.interpreters import Interpreter

_BROUGHT = ("awslambdaric", "boto3")


def built(folder: Path) -> Path:
    """The packages, for this Python and machine, unpacked in `folder`: one for each handler's
    module, named like it."""
    here = {
        "LAMBDA_ARCHITECTURE": platform.machine().replace("aarch64", "arm64"),
        "LAMBDA_PYTHON": f"{sys.version_info[0]}.{sys.version_info[1]}",
    }
    compiler = Interpreter(Path(sys.executable), platform.python_version())
    builder = Builder(target("aws", here), folder, compiler)
    for function, package in zip(FUNCTIONS, builder.build(FUNCTIONS), strict=True):
        with zipfile.ZipFile(package.zip) as archive:
            archive.extractall(folder / function)
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
