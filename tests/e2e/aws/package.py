"""The functions' packages, as `sam build` makes them, and Lambda's managed runtime."""

from __future__ import annotations

import platform
import re
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from facescreen_cli.commands.package.build import PackageBuilder
from facescreen_cli.deploy_target import FUNCTION_MODULES, read_deploy_target
from facescreen_cli.interpreters import Interpreter

_PROVIDED_BY_LAMBDA = ("awslambdaric", "boto3")


def build_packages(folder: Path) -> Path:
    """Build the packages for this Python and machine, and unpack them in `folder`.

    There is one subfolder for each handler's module, with the module's name.
    """
    platform_settings = {
        "LAMBDA_ARCHITECTURE": platform.machine().replace("aarch64", "arm64"),
        "LAMBDA_PYTHON": f"{sys.version_info[0]}.{sys.version_info[1]}",
    }
    compiler = Interpreter(Path(sys.executable), platform.python_version())
    builder = PackageBuilder(read_deploy_target("aws", platform_settings), folder, compiler)
    for function, package in zip(FUNCTION_MODULES, builder.build(FUNCTION_MODULES), strict=True):
        with zipfile.ZipFile(package.zip) as archive:
            archive.extractall(folder / function)
    return folder


def make_managed_runtime(folder: Path) -> Path:
    """Link Lambda's own packages into `folder`, for FunctionConfiguration.runtime.

    These are its runtime client and boto3 with their dependencies.
    """
    folder.mkdir()
    for dist in _with_requirements(_PROVIDED_BY_LAMBDA).values():
        for name in {path.parts[0] for path in dist.files or () if path.parts[0] != ".."}:
            (folder / name).symlink_to(Path(str(dist.locate_file(name))))
    return folder


def _with_requirements(names: tuple[str, ...]) -> dict[str, Distribution]:
    dists: dict[str, Distribution] = {}
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in dists:
            dists[name] = distribution(name)
            plain = [text for text in dists[name].requires or () if "extra ==" not in text]
            pending += [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in plain]
    return dists
