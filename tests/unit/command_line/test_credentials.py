"""How commands find the user's credentials."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import contextlib, click
from alibabacloud_credentials.provider import refreshable
from facescreen_cli.credentials import find_credentials
with contextlib.suppress(click.UsageError):
    find_credentials("no-such-profile")
refreshable.log.warning("a credentials process's output")
"""


def test_the_sdk_does_not_print_its_errors(tmp_path: Path) -> None:
    # In a process of its own: the SDK's handler keeps the standard error of the first import.
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
