"""Unpacking a function's zip."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from facescreen_local.fc.runtime import code
from facescreen_serverless_devs.section import InvalidTemplateError


def make_zip(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_folder_is_used_unchanged(tmp_path: Path) -> None:
    assert code.unpack_code(tmp_path, tmp_path / "data") == tmp_path


def test_the_same_bytes_are_unpacked_once_and_other_bytes_separately(tmp_path: Path) -> None:
    archive, data = make_zip(tmp_path / "f.zip", index="one"), tmp_path / "data"
    folder = code.unpack_code(archive, data)
    assert (folder / "index").read_text() == "one"
    assert code.unpack_code(archive, data) == folder
    other = code.unpack_code(make_zip(tmp_path / "f.zip", index="two"), data)
    assert (other / "index").read_text() == "two"
    assert sorted(data.iterdir()) == sorted([folder, other])


def test_an_invalid_zip_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "f.zip").write_text("no zip")
    with pytest.raises(InvalidTemplateError, match=r"f\.zip: File is not a zip file"):
        code.unpack_code(tmp_path / "f.zip", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_zip_that_would_fill_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "_MAX_UNPACKED_BYTES", 4)
    with pytest.raises(InvalidTemplateError, match="unpacks to more than 4 bytes"):
        code.unpack_code(make_zip(tmp_path / "f.zip", index="12345"), tmp_path / "data")
