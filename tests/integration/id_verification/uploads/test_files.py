"""Limits on uploaded files that are kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from facescreen_local.id_verification.store import files
from facescreen_local.id_verification.store.files import UploadedFiles


def stored_keys(uploaded: UploadedFiles, keys: str) -> str:
    return "".join(key for key in keys if uploaded.get(key) is not None)


def test_the_number_of_files_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    uploaded = UploadedFiles()
    for key in "abac":
        uploaded.put(key, b"x")
    assert list(uploaded._files) == ["a", "c"]
    assert stored_keys(uploaded, "abc") == "ac"


def test_the_total_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 10)
    uploaded = UploadedFiles()
    for key, size in (("a", 3), ("b", 3), ("c", 4)):
        uploaded.put(key, bytes(size))
    assert stored_keys(uploaded, "abc") == "abc"
    uploaded.put("d", bytes(5))
    assert stored_keys(uploaded, "abcd") == "cd"


def test_files_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0
    monkeypatch.setattr(files, "time", SimpleNamespace(monotonic=lambda: now))
    uploaded = UploadedFiles()
    uploaded.put("a", b"x")
    now += files.MAX_AGE_S
    uploaded.put("b", b"x")
    assert stored_keys(uploaded, "ab") == "ab"
    now += 1
    assert stored_keys(uploaded, "ab") == "b"
    assert list(uploaded._files) == ["b"]
