"""Inventories of both stores: which rows are read, and what is refused."""

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

from facescreen.model import ObjectType
from facescreen.storage.ports import ObjectSummary
from facescreen.testing.object_store import MemoryStore
from facescreen_cli.buckets import StoreBucket
from facescreen_cli.commands.backfill.inventory.manifest import InventoryFile, Manifest
from facescreen_cli.commands.backfill.inventory.rows import MAX_LINE_BYTES, RowReader
from facescreen_cli.commands.backfill.inventory.source import open_inventory
from facescreen_cli.commands.backfill.sources import Cursor
from tests.unit.command_line.inventory_files import (
    OSS_COLUMNS,
    S3_COLUMNS,
    oss_row,
    s3_row,
    write_inventory,
)

START_CURSOR = Cursor()
LAST_MODIFIED = datetime(2026, 11, 23, 4, 5, 6, tzinfo=timezone.utc)
KEYS = ["a b.jpg", "a+b.jpg", 'é/%20,".jpg', "a\nb\r\x1b[2J.jpg"]


def read_objects(
    manifest: Path, after: Cursor = START_CURSOR, *, store: str = "oss"
) -> list[ObjectSummary]:
    store_port = MemoryStore()
    store_port.name = store
    inventory = open_inventory(str(manifest), StoreBucket(store_port, "selfies"))
    return [row.object for row in inventory.iterate_rows(after)]


def test_times_and_keys_of_an_oss_inventory_are_parsed(tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, OSS_COLUMNS, "".join(map(oss_row, KEYS)))
    assert read_objects(manifest) == [ObjectSummary(key, "AB", 9, LAST_MODIFIED) for key in KEYS]


def test_types_of_an_oss_inventory_are_read_if_there_are_any(tmp_path: Path) -> None:
    rows = "".join(f'{oss_row("a").rstrip()},"{kind.value}"\r\n' for kind in ObjectType)
    manifest = write_inventory(tmp_path, f"{OSS_COLUMNS}, ObjectType", rows)
    assert [summary.object_type for summary in read_objects(manifest)] == list(ObjectType)


def test_of_an_s3_inventory_only_the_latest_versions_are_read(tmp_path: Path) -> None:
    past, deleted = s3_row("past", is_latest=False), s3_row("deleted", is_delete_marker=True)
    manifest = write_inventory(tmp_path, S3_COLUMNS, past + deleted, "".join(map(s3_row, KEYS)))
    assert read_objects(manifest, store="s3") == [
        ObjectSummary(key, "ab", 9, LAST_MODIFIED) for key in KEYS
    ]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_key_can_be_read_back(key: str) -> None:
    columns = {name.strip(): place for place, name in enumerate(OSS_COLUMNS.split(","))}
    reader = RowReader(columns, upper_case=True)
    data = gzip.compress(oss_row(key).encode())
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert [row.key for row in reader.read(InventoryFile("f", md5), io.BytesIO(data))] == [key]


def test_reading_continues_after_a_cursor(tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, OSS_COLUMNS, *map(oss_row, KEYS))
    assert [row.key for row in read_objects(manifest, Cursor(3, "whatever"))] == KEYS[3:]


ROW = oss_row("a.jpg")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([b"no gzip"], "not a gzip file"),
        ([gzip.compress(ROW.encode())[:-9]], "truncated"),
        ([ROW + "x" * (MAX_LINE_BYTES + 1)], "a line of more than"),
        ([ROW + '"selfies"\n'], "row 2: does not match the manifest's fileSchema"),
        ([ROW.replace("2026", "last year")], "row 1: does not match"),
        ([ROW.replace("a.jpg", "%ff")], "row 1: does not match"),
        ([gzip.compress(ROW.encode()) + b"\0more"], "not a gzip file"),
    ],
)
def test_a_malformed_inventory_file_is_refused(
    tmp_path: Path, files: list[str | bytes], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read_objects(write_inventory(tmp_path, OSS_COLUMNS, *files))


def test_a_file_with_another_md5_than_in_the_manifest_is_refused(tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, OSS_COLUMNS, ROW)
    (tmp_path / "data" / "0.csv.gz").write_bytes(gzip.compress(oss_row("b.jpg").encode()))
    with pytest.raises(UsageError, match="the MD5 differs"):
        read_objects(manifest)


def test_a_modified_manifest_is_refused(tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, OSS_COLUMNS, ROW)
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(UsageError, match="does not match its manifest"):
        read_objects(manifest)


@pytest.mark.parametrize(
    ("manifest_changes", "message"),
    [
        ({"sourceBucket": "other"}, "of the bucket other, not selfies"),
        ({"fileFormat": "ORC"}, "not CSV"),
        ({"fileSchema": "Bucket, Key, Size"}, "no LastModifiedDate, ETag: add these"),
        ({"files": [{"key": "a"}]}, "without its key or MD5checksum"),
        ({"files": None}, "no files"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_manifest(
    tmp_path: Path, manifest_changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read_objects(write_inventory(tmp_path, OSS_COLUMNS, ROW, **manifest_changes))


def test_a_key_cannot_point_outside_the_inventory_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(gzip.compress(ROW.encode()))
    files = [{"key": "../../secret", "MD5checksum": "0" * 32}]
    with pytest.raises(UsageError, match="secret is neither beside"):
        read_objects(write_inventory(tmp_path / "inventory", OSS_COLUMNS, ROW, files=files))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 100_000])
def test_a_file_that_is_not_a_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="the manifest"):
        Manifest.parse(data)
