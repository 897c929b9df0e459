"""Packages for Function Compute, built once: for Python 3.10 if available, or for this Python."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from facescreen_cli import interpreters
from facescreen_cli.commands.package.build import PackageBuilder
from facescreen_cli.commands.package.sbom import BuiltPackage
from facescreen_cli.deploy_target import FUNCTION_MODULES, read_deploy_target
from facescreen_cli.interpreters import Interpreter


@dataclass(frozen=True)
class BuiltPackages:
    """The packages, and the builder and Python that made them."""

    builder: PackageBuilder
    python: Interpreter
    packages: dict[str, BuiltPackage]


@pytest.fixture(scope="session")
def python() -> Interpreter:
    this_python = interpreters.Interpreter(Path(sys.executable), platform.python_version())
    return interpreters.find_installed_python("3.10") or this_python


@pytest.fixture(scope="session")
def built(python: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> BuiltPackages:
    version = python.full_version.rpartition(".")[0]
    deploy_target = read_deploy_target("alibaba", {"FC_RUNTIME": f"python{version}"})
    builder = PackageBuilder(deploy_target, tmp_path_factory.mktemp("dist"), python)
    packages = zip(FUNCTION_MODULES, builder.build(FUNCTION_MODULES), strict=True)
    return BuiltPackages(builder, python, dict(packages))
