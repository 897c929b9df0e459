"""Where a backfill's objects come from: one after the other, starting from any position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from facescreen.storage.ports import ObjectSummary
from facescreen_cli.buckets import StoreBucket


class SourceRow(NamedTuple):
    """An object and its position in the source, counted from 1."""

    number: int
    object: ObjectSummary


class Cursor(NamedTuple):
    """The last row that was read. At the start: row 0, without a key."""

    number: int = 0
    key: str = ""


class ObjectSource(Protocol):
    """Uses little memory, however many objects there are."""

    def iterate_rows(self, after: Cursor) -> Iterator[SourceRow]:
        """The rows after a cursor, in a stable order. Raises errors.FacescreenError."""


@dataclass(frozen=True)
class BucketListing:
    """Lists a bucket in the order of its keys."""

    bucket: StoreBucket
    prefix: str

    def iterate_rows(self, after: Cursor) -> Iterator[SourceRow]:
        """Skips objects that were put before the cursor's key meanwhile: they have events of their
        own."""
        objects = self.bucket.list_objects(self.prefix, after.key)
        return map(SourceRow._make, enumerate(objects, after.number + 1))
