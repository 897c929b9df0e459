"""What ``facescreen up`` refuses before it starts anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.command import exit_code


def test_a_data_folder_that_cannot_be_created_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert exit_code("up", "--data", str(tmp_path / "file" / "data")) == 64
    assert f"{tmp_path}/file/data can't be created: Not a directory" in capsys.readouterr().err


def test_a_data_folder_that_is_not_writable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Root may write everywhere.
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    assert exit_code("up", "--data", str(tmp_path)) == 64
    assert f"'{tmp_path}' is not writable" in capsys.readouterr().err
