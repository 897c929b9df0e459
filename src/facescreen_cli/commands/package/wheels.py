"""The locked distributions, installed for the target rather than for this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from facescreen_cli.deploy_target import Target
from facescreen_cli.interpreters import PackagingError, find_uv

_BUILD = Path(__file__).with_name("build.txt")
_MOST_SAID = 2000


def install(target: Target, folder: Path) -> None:
    """Every wheel is one for the target, and the one that was locked. What has none is built, by
    the setuptools of build.txt and without a compiler: what it compiled would be for this machine
    (crcmod does without; anything else fails). Raises PackagingError."""
    command = [
        find_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--no-compile-bytecode", "--link-mode=copy", "--python", sys.executable,
        "--python-version", target.python, "--python-platform", target.platform,
        "--build-constraints", str(_BUILD),
        # uv keeps builds by these, so it takes none from its cache that was made with a compiler.
        "--config-setting=--global-option=build_ext",
        "--config-setting=--global-option=--compiler=none",
        "--target", str(folder), "--requirements", str(target.requirements),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackagingError(
            f"{target.requirements.name} can't be installed for Python {target.python} on "
            f"{target.platform}:\n{done.stderr.strip()[-_MOST_SAID:]}"
        )
