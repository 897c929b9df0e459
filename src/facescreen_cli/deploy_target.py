"""Where a package runs: the cloud, Python, machine, glibc, and the platform's size limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from facescreen_cli.project import PROJECT_FOLDER

FUNCTION_MODULES = ("object_created", "http_api", "sweep")

_PYTHON_VERSION_PATTERN = re.compile(r"3\.(10|11|12|13|14)")
_MACHINE_BY_ARCHITECTURE = {"x86_64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class SizeLimit:
    """The maximum size of a zip, or of its unpacked content."""

    bytes: int
    unpacked: bool
    source: str
    """The platform that sets the limit."""


@dataclass(frozen=True)
class DeployTarget:
    """The platform of one cloud that packages are built for."""

    cloud: str
    python: str
    """``3.10``."""
    machine: str
    """As in wheel tags: ``x86_64`` or ``aarch64``."""
    glibc: str
    """The newest one that a wheel may require: ``manylinux2014`` or newer."""
    code: str
    """The folder where the platform unpacks the code. Tracebacks show it."""
    limits: tuple[SizeLimit, ...]

    @property
    def requirements(self) -> Path:
        """The lock file."""
        name = {"alibaba": "function.txt", "aws": "lambda.txt"}[self.cloud]
        return PROJECT_FOLDER / "requirements" / name

    @property
    def platform(self) -> str:
        """The target as uv names it."""
        return f"{self.machine}-{self.glibc}"


# The glibc of Function Compute's runtimes is not documented; code for 2.17 runs on all of them.
_ALIBABA_TARGET = DeployTarget(
    cloud="alibaba",
    python="3.10",
    machine="x86_64",
    glibc="manylinux2014",
    code="/code",
    limits=(
        # alibabacloud.com/help/en/functioncompute/fc/product-overview/limits-of-usage
        SizeLimit(100_000_000, False, "Function Compute, but for its larger regions"),
    ),
)
# Python 3.12 and newer run on Amazon Linux 2023, with glibc 2.34.
_AWS_TARGET = DeployTarget(
    cloud="aws",
    python="3.13",
    machine="aarch64",
    glibc="manylinux_2_28",
    code="/var/task",
    limits=(
        # docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        SizeLimit(50_000_000, False, "Lambda, a zip sent to its API"),
        SizeLimit(250_000_000, True, "Lambda, unpacked"),
    ),
)
CLOUD_NAMES = (_ALIBABA_TARGET.cloud, _AWS_TARGET.cloud)


def read_deploy_target(cloud: str, environment: Mapping[str, str]) -> DeployTarget:
    """As s.yaml (FC_RUNTIME), or LAMBDA_PYTHON and LAMBDA_ARCHITECTURE, have it. Raises
    click.UsageError."""
    if cloud == _ALIBABA_TARGET.cloud:
        runtime = environment.get("FC_RUNTIME") or f"python{_ALIBABA_TARGET.python}"
        version = runtime.removeprefix("python")
        if version == runtime or not _PYTHON_VERSION_PATTERN.fullmatch(version):
            raise click.UsageError(
                "FC_RUNTIME must be python3.10 to python3.14: what s.yaml has as runtime"
            )
        return replace(_ALIBABA_TARGET, python=version)
    version = environment.get("LAMBDA_PYTHON") or _AWS_TARGET.python
    if not _PYTHON_VERSION_PATTERN.fullmatch(version):
        raise click.UsageError(
            "LAMBDA_PYTHON must be 3.10 to 3.14: what the template has as PythonVersion"
        )
    architecture = environment.get("LAMBDA_ARCHITECTURE") or "arm64"
    if architecture not in _MACHINE_BY_ARCHITECTURE:
        raise click.UsageError("LAMBDA_ARCHITECTURE must be arm64 or x86_64")
    return replace(_AWS_TARGET, python=version, machine=_MACHINE_BY_ARCHITECTURE[architecture])
