"""Inventories of both stores: what is read, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click import UsageError
from hypothesis import given
from hypothesis import strategies as st

from facescreen.storage.ports import Listed
from facescreen.testing.stores import MemoryStore
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.backfill.inventory.manifest import File, Manifest
from facescreen_cli.commands.backfill.inventory.rows import LONGEST_LINE, RowReader
from facescreen_cli.commands.backfill.inventory.source import opened
from facescreen_cli.commands.backfill.sources import Mark
from tests.unit.command_line.manifests import OSS_COLUMNS, S3_COLUMNS, oss_row, s3_row, write

START = Mark()
WRITTEN = datetime(2026, 11, 23, 4, 5, 6, tzinfo=timezone.utc)
KEYS = ["a b.jpg", "a+b.jpg", 'é/%20,".jpg', "a\nb\r\x1b[2J.jpg"]


def read(manifest: Path, after: Mark = START, *, store: str = "oss") -> list[Listed]:
    unread = MemoryStore()
    unread.name = store
    inventory = opened(str(manifest), StoreBucket(unread, "selfies"))
    return [row.object for row in inventory.rows(after)]


def test_oss_writes_its_own_times_and_keys_come_out_as_they_are(tmp_path: Path) -> None:
    manifest = write(tmp_path, OSS_COLUMNS, "".join(map(oss_row, KEYS)))
    assert read(manifest) == [Listed(key, "AB", 9, WRITTEN) for key in KEYS]


def test_of_versions_on_s3_the_latest_counts_and_no_deletion(tmp_path: Path) -> None:
    past, deleted = s3_row("past", latest=False), s3_row("deleted", marker=True)
    manifest = write(tmp_path, S3_COLUMNS, past + deleted, "".join(map(s3_row, KEYS)))
    assert read(manifest, store="s3") == [Listed(key, "ab", 9, WRITTEN) for key in KEYS]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_key_is_read_back(key: str) -> None:
    columns = {name.strip(): place for place, name in enumerate(OSS_COLUMNS.split(","))}
    reader = RowReader(columns, upper_case=True)
    data = gzip.compress(oss_row(key).encode())
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert [one.key for one in reader.read(File("f", md5), io.BytesIO(data))] == [key]


def test_it_goes_on_after_a_mark(tmp_path: Path) -> None:
    manifest = write(tmp_path, OSS_COLUMNS, *map(oss_row, KEYS))
    assert [one.key for one in read(manifest, Mark(3, "whatever"))] == KEYS[3:]


ROW = oss_row("a.jpg")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([b"no gzip"], "no gzip file"),
        ([gzip.compress(ROW.encode())[:-9]], "not whole"),
        ([ROW + "x" * (LONGEST_LINE + 1)], "a line of more than"),
        ([ROW + '"selfies"\n'], "row 2: not what the manifest's fileSchema says"),
        ([ROW.replace("2026", "last year")], "row 1: not what"),
        ([ROW.replace("a.jpg", "%ff")], "row 1: not what"),
        ([gzip.compress(ROW.encode()) + b"\0more"], "no gzip file"),
    ],
)
def test_files_that_are_not_as_they_should_be_are_refused(
    tmp_path: Path, files: list[str | bytes], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        read(write(tmp_path, OSS_COLUMNS, *files))


def test_another_file_than_the_manifest_s_is_refused(tmp_path: Path) -> None:
    manifest = write(tmp_path, OSS_COLUMNS, ROW)
    (tmp_path / "data" / "0.csv.gz").write_bytes(gzip.compress(oss_row("b.jpg").encode()))
    with pytest.raises(UsageError, match="its MD5 is another"):
        read(manifest)


def test_a_manifest_that_was_changed_is_refused(tmp_path: Path) -> None:
    manifest = write(tmp_path, OSS_COLUMNS, ROW)
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(UsageError, match="not what its manifest"):
        read(manifest)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"sourceBucket": "other"}, "of the bucket other, not selfies"),
        ({"fileFormat": "ORC"}, "not in CSV"),
        ({"fileSchema": "Bucket, Key, Size"}, "no LastModifiedDate, ETag: choose these"),
        ({"files": [{"key": "a"}]}, "without its key or MD5checksum"),
        ({"files": None}, "no files"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        read(write(tmp_path, OSS_COLUMNS, ROW, **changed))


def test_a_key_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(gzip.compress(ROW.encode()))
    files = [{"key": "../../secret", "MD5checksum": "0" * 32}]
    with pytest.raises(UsageError, match="secret is not beside"):
        read(write(tmp_path / "inventory", OSS_COLUMNS, ROW, files=files))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 100_000])
def test_what_is_no_manifest_is_said(data: bytes) -> None:
    with pytest.raises(UsageError, match="the manifest"):
        Manifest.parse(data)
