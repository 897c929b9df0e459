"""Where the objects come from, one after the other, from anywhere on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from facescreen.storage.ports import ObjectSummary
from facescreen_cli.buckets import StoreBucket


class Row(NamedTuple):
    """An object, and its place in the source: 1 for the first."""

    number: int
    object: ObjectSummary


class Mark(NamedTuple):
    """The last row that was gone over; of nothing, at first."""

    number: int = 0
    key: str = ""


class Source(Protocol):
    """Holds little in memory, however many objects there are."""

    def rows(self, after: Mark) -> Iterator[Row]:
        """Those that come after a mark, in an order that stays. Raises errors.FacescreenError."""


@dataclass(frozen=True)
class Listing:
    """A bucket's own listing, in the order of the keys."""

    bucket: StoreBucket
    prefix: str

    def rows(self, after: Mark) -> Iterator[Row]:
        """What was put meanwhile below the mark has events of its own."""
        objects = self.bucket.list_objects(self.prefix, after.key)
        return map(Row._make, enumerate(objects, after.number + 1))
