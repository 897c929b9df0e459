"""Shell completion, as the shell's completion function requests it."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.support.command import FACESCREEN, run_facescreen


@pytest.mark.parametrize(
    ("words", "expected"), [("facescreen scr", "screen"), ("facescreen screen --dry", "--dry-run")]
)
def test_bash_completion(words: str, expected: str) -> None:
    result = subprocess.run(
        [FACESCREEN],
        env={
            **os.environ,
            "_FACESCREEN_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.splitlines() == [f"plain,{expected}"]
    assert "_FACESCREEN_COMPLETE=bash_source" in run_facescreen("--help").stdout
