"""Where a package runs: cloud, Python, machine, glibc, and what the platform takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from facescreen_cli.project import PROJECT

FUNCTIONS = ("object_created", "http_api", "sweep")

_VERSION = re.compile(r"3\.(10|11|12|13|14)")
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Limit:
    """Of the zip, or of what it unpacks to."""

    bytes: int
    unpacked: bool
    source: str
    """What sets it."""


@dataclass(frozen=True)
class Target:
    """One cloud, as it is set up to be deployed to."""

    cloud: str
    python: str
    """``3.10``."""
    machine: str
    """As wheels name it: ``x86_64`` or ``aarch64``."""
    glibc: str
    """``manylinux2014`` or newer: the newest that a wheel may ask for."""
    code: str
    """Where the platform unpacks it: the paths that tracebacks show."""
    limits: tuple[Limit, ...]

    @property
    def requirements(self) -> Path:
        """The lock file."""
        name = {"alibaba": "function.txt", "aws": "lambda.txt"}[self.cloud]
        return PROJECT / "requirements" / name

    @property
    def platform(self) -> str:
        """As uv names it."""
        return f"{self.machine}-{self.glibc}"


# glibc of Function Compute's runtimes is not documented: what runs on 2.17 runs on any of them.
_ALIBABA = Target(
    cloud="alibaba",
    python="3.10",
    machine="x86_64",
    glibc="manylinux2014",
    code="/code",
    limits=(
        # alibabacloud.com/help/en/functioncompute/fc/product-overview/limits-of-usage
        Limit(100_000_000, False, "Function Compute, but for its larger regions"),
    ),
)
# Python 3.12 and newer run on Amazon Linux 2023, with glibc 2.34.
_AWS = Target(
    cloud="aws",
    python="3.13",
    machine="aarch64",
    glibc="manylinux_2_28",
    code="/var/task",
    limits=(
        # docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        Limit(50_000_000, False, "Lambda, a zip sent to its API"),
        Limit(250_000_000, True, "Lambda, unpacked"),
    ),
)
CLOUDS = (_ALIBABA.cloud, _AWS.cloud)


def target(cloud: str, environment: Mapping[str, str]) -> Target:
    """As s.yaml (FC_RUNTIME), or LAMBDA_PYTHON and LAMBDA_ARCHITECTURE, have it. Raises
    click.UsageError."""
    if cloud == _ALIBABA.cloud:
        runtime = environment.get("FC_RUNTIME") or f"python{_ALIBABA.python}"
        version = runtime.removeprefix("python")
        if version == runtime or not _VERSION.fullmatch(version):
            raise click.UsageError(
                "FC_RUNTIME must be python3.10 to python3.14: what s.yaml has as runtime"
            )
        return replace(_ALIBABA, python=version)
    version = environment.get("LAMBDA_PYTHON") or _AWS.python
    if not _VERSION.fullmatch(version):
        raise click.UsageError(
            "LAMBDA_PYTHON must be 3.10 to 3.14: what the template has as PythonVersion"
        )
    architecture = environment.get("LAMBDA_ARCHITECTURE") or "arm64"
    if architecture not in _MACHINES:
        raise click.UsageError("LAMBDA_ARCHITECTURE must be arm64 or x86_64")
    return replace(_AWS, python=version, machine=_MACHINES[architecture])
