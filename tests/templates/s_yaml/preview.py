"""Render a template with Serverless Devs itself: `s preview`, offline."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[3]
_COMMAND = Path(__file__).with_name("serverless-devs") / "node_modules" / ".bin" / "s"
_NOWHERE = "http://127.0.0.1:9"


def copy_project(folder: Path, dotenv: Mapping[str, str]) -> Path:
    """Copy the templates to `folder` and write a .env."""
    for path in PROJECT.glob("s*.yaml"):
        shutil.copy(path, folder)
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in dotenv.items()))
    return folder


def preview(folder: Path, template: str) -> dict[str, Any]:
    """Return `template` with resolved variables. Skips the test without Serverless Devs."""
    if not shutil.which("node") or not _COMMAND.exists():
        pytest.skip("needs Node.js, and tests/templates/s_yaml/serverless-devs/install")
    result = subprocess.run(
        [_COMMAND, "preview", "-t", template, "-o", "json"],
        cwd=folder,
        # A separate home, and no network access.
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "HTTPS_PROXY": _NOWHERE,
            "HTTP_PROXY": _NOWHERE,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "{" in result.stdout, result.stdout + result.stderr
    # As root it prints a warning first.
    document: dict[str, Any] = json.loads(result.stdout[result.stdout.index("{") :])
    return document
