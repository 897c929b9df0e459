"""Packages for Function Compute, built once: for Python 3.10 where there is one, or else for this
one."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from facescreen_cli import interpreters
from facescreen_cli.commands.package.build import Builder
from facescreen_cli.commands.package.sbom import Package
from facescreen_cli.deploy_target import FUNCTIONS, target
from facescreen_cli.interpreters import Interpreter


@dataclass(frozen=True)
class Built:
    """Both packages, and the builder and Python that they are of."""

    builder: Builder
    python: Interpreter
    packages: dict[str, Package]


@pytest.fixture(scope="session")
def python() -> Interpreter:
    here = interpreters.Interpreter(Path(sys.executable), platform.python_version())
    return interpreters.find_installed("3.10") or here


@pytest.fixture(scope="session")
def built(python: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Built:
    version = python.full_version.rpartition(".")[0]
    aim = target("alibaba", {"FC_RUNTIME": f"python{version}"})
    builder = Builder(aim, tmp_path_factory.mktemp("dist"), python)
    packages = zip(FUNCTIONS, builder.build(FUNCTIONS), strict=True)
    return Built(builder, python, dict(packages))
