"""An inventory as a source of objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from click import UsageError

from facescreen.storage.ports import ObjectStore, ObjectSummary
from facescreen_cli.buckets import STORE_NAMES, StoreBucket
from facescreen_cli.commands.backfill.inventory.locations import Folder, InBucket, Place
from facescreen_cli.commands.backfill.inventory.manifest import File, Manifest
from facescreen_cli.commands.backfill.inventory.rows import RowReader
from facescreen_cli.commands.backfill.sources import Mark, Row


@dataclass(frozen=True)
class Inventory:
    """The port Source, by what an inventory says of a bucket."""

    manifest: Manifest
    md5: str
    """Of the manifest, hexadecimal."""
    place: Place
    reader: RowReader

    def rows(self, after: Mark) -> Iterator[Row]:
        """From a mark on, though the files are read from their beginning: their MD5s are checked
        again."""
        every = chain.from_iterable(map(self._of, self.manifest.files))
        numbered = map(Row._make, enumerate(every, 1))
        return (row for row in numbered if row.number > after.number)

    def _of(self, file: File) -> Iterator[ObjectSummary]:
        with self.place.opened(file.key) as data:
            yield from self.reader.read(file, data)


def opened(name: str, bucket: StoreBucket) -> Inventory:
    """The inventory of `bucket` whose manifest is `name`: a path, or an object's URI.

    Raises click.UsageError where it is of another bucket, or not as its checksum says.
    """
    place = _place(name, bucket.store)
    data = place.manifest()
    told = place.checksum().lower()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if told and told != md5:
        raise UsageError(f"{name} is not what its manifest.checksum says: copy it again")
    manifest = Manifest.parse(data)
    if manifest.bucket != bucket.name:
        raise UsageError(
            f"{name} is an inventory of the bucket {manifest.bucket}, not {bucket.name}"
        )
    upper_case = bucket.store.name == "oss"
    return Inventory(manifest, md5, place, RowReader(manifest.columns, upper_case=upper_case))


def _place(name: str, store: ObjectStore) -> Place:
    scheme, separator, rest = name.partition("://")
    if not separator:
        return Folder(Path(name))
    bucket, _, key = rest.partition("/")
    if scheme not in STORE_NAMES or not bucket or not key:
        raise UsageError("name the manifest as a file, or as oss://bucket/key")
    return InBucket(store, bucket, key)
