"""Data files that ship in the package are checked before they are used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from facescreen_local.package_data import DamagedPackageError, read_verified

DIGEST = hashlib.sha256(b"weights").hexdigest()


def test_an_intact_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"weights")
    assert read_verified(path, DIGEST) == b"weights"


def test_another_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"weight!")
    with pytest.raises(DamagedPackageError, match=rf"weights has SHA-256 .*, expected {DIGEST}: "):
        read_verified(path, DIGEST)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        DamagedPackageError, match=r"weights can't be read \(No such file.*reinstall"
    ):
        read_verified(tmp_path / "weights", DIGEST)
