"""With PACKAGED=1 the functions run as deployed: from their packages, on their Python version."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from facescreen_cli import interpreters
from facescreen_cli.deploy_target import read_deploy_target


@cache
def packaged_interpreters() -> dict[str, str] | None:
    """Build the packages and return the interpreter of each runtime; None to run the sources."""
    if not os.environ.get("PACKAGED"):
        return None
    aim = read_deploy_target("alibaba", {})
    facescreen = Path(sys.executable).with_name("facescreen")
    subprocess.run([facescreen, "package", "--cloud", aim.cloud, "--quiet"], check=True)
    return {f"python{aim.python}": str(interpreters.find_or_install_python(aim.python).path)}
