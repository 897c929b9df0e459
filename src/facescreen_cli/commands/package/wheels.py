"""Installs the locked distributions for the target rather than for this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from facescreen_cli.deploy_target import DeployTarget
from facescreen_cli.interpreters import PackagingError, find_uv

_BUILD_CONSTRAINTS = Path(__file__).with_name("build.txt")
_MAX_ERROR_CHARACTERS = 2000


def install_wheels(target: DeployTarget, folder: Path) -> None:
    """Install the locked wheels of the target. A distribution without a wheel is built with the
    setuptools of build.txt and without a compiler, which would compile for this machine (crcmod
    builds without one; anything else fails). Raises PackagingError."""
    command = [
        find_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--no-compile-bytecode", "--link-mode=copy", "--python", sys.executable,
        "--python-version", target.python, "--python-platform", target.platform,
        "--build-constraints", str(_BUILD_CONSTRAINTS),
        # uv caches builds by these settings, so it never reuses one that was compiled.
        "--config-setting=--global-option=build_ext",
        "--config-setting=--global-option=--compiler=none",
        "--target", str(folder), "--requirements", str(target.requirements),
    ]  # fmt: skip
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        raise PackagingError(
            f"{target.requirements.name} can't be installed for Python {target.python} on "
            f"{target.platform}:\n{process.stderr.strip()[-_MAX_ERROR_CHARACTERS:]}"
        )
