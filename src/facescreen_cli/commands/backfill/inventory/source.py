"""Reads a backfill's objects from an inventory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from click import UsageError

from facescreen.storage.ports import ObjectStore, ObjectSummary
from facescreen_cli.buckets import STORE_NAMES, StoreBucket
from facescreen_cli.commands.backfill.inventory.locations import (
    BucketLocation,
    FolderLocation,
    InventoryLocation,
)
from facescreen_cli.commands.backfill.inventory.manifest import InventoryFile, Manifest
from facescreen_cli.commands.backfill.inventory.rows import RowReader
from facescreen_cli.commands.backfill.sources import Cursor, SourceRow


@dataclass(frozen=True)
class Inventory:
    """The port ObjectSource. Reads the objects of a bucket from an inventory."""

    manifest: Manifest
    md5: str
    """The manifest's MD5, hexadecimal."""
    location: InventoryLocation
    reader: RowReader

    def iterate_rows(self, after: Cursor) -> Iterator[SourceRow]:
        """The rows after a cursor. The files are still read from the start, to check their MD5s."""
        objects = chain.from_iterable(map(self._read_file, self.manifest.files))
        rows = map(SourceRow._make, enumerate(objects, 1))
        return (row for row in rows if row.number > after.number)

    def _read_file(self, file: InventoryFile) -> Iterator[ObjectSummary]:
        with self.location.open_file(file.key) as stream:
            yield from self.reader.read(file, stream)


def open_inventory(name: str, bucket: StoreBucket) -> Inventory:
    """Open the inventory of `bucket` whose manifest is `name`: a path, or an object's URI.

    Raises click.UsageError if it is another bucket's, or its checksum differs.
    """
    location = _parse_location(name, bucket.store)
    data = location.read_manifest()
    expected_md5 = location.read_checksum().lower()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if expected_md5 and expected_md5 != md5:
        raise UsageError(f"{name} does not match its manifest.checksum: copy it again")
    manifest = Manifest.parse(data)
    if manifest.bucket != bucket.name:
        raise UsageError(
            f"{name} is an inventory of the bucket {manifest.bucket}, not {bucket.name}"
        )
    upper_case = bucket.store.name == "oss"
    return Inventory(manifest, md5, location, RowReader(manifest.columns, upper_case=upper_case))


def _parse_location(name: str, store: ObjectStore) -> InventoryLocation:
    scheme, separator, rest = name.partition("://")
    if not separator:
        return FolderLocation(Path(name))
    bucket, _, key = rest.partition("/")
    if scheme not in STORE_NAMES or not bucket or not key:
        raise UsageError("name the manifest as a file, or as oss://bucket/key")
    return BucketLocation(store, bucket, key)
