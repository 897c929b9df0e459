"""Reads the tables that say where the frames of a track are (ISO/IEC 14496-12, 8.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

Tables = dict[bytes, "list[Window]"]
"""The boxes of a sample table by type."""


@dataclass(frozen=True)
class Chunks:
    """The pieces of a file that hold a track's frames."""

    offsets: list[int]
    rows: list[tuple[int, int, int]]
    """The first chunk of some, counted from 1, with the number of frames in each of them, and the
    number of their description."""

    def count_frames(self) -> int:
        """Return the number of frames in all chunks."""
        return sum(max(0, end - first) * frames for first, end, frames in self._iterate_rows())

    def iterate_frames(self) -> Iterator[tuple[int, int]]:
        """Yield the offset of each chunk and the number of its frames."""
        for first, end, frames in self._iterate_rows():
            for offset in self.offsets[max(0, first - 1) : max(0, end - 1)]:
                yield offset, frames

    def _iterate_rows(self) -> Iterator[tuple[int, int, int]]:
        ends = [*(first for first, _, _ in self.rows[1:]), len(self.offsets) + 1]
        for (first, frames, _), end in zip(self.rows, ends, strict=False):
            yield first, end, frames


def read_chunks(tables: Tables) -> Chunks:
    """Read the tables of chunks. Without one, there are none."""
    return Chunks(
        [offset for (offset,) in _read_rows(tables, b"stco", ">I")]
        + [offset for (offset,) in _read_rows(tables, b"co64", ">Q")],
        [(first, frames, number) for first, frames, number in _read_rows(tables, b"stsc", ">III")],
    )


def read_frame_count(tables: Tables) -> int | None:
    """Return the number of frames in the table of their sizes; None without one."""
    for stsz in tables.get(b"stsz", []):
        (count,) = stsz.unpack(">8xI")
        return int(count)
    return None


def locate_frames(tables: Tables) -> Iterator[tuple[int, int]]:
    """Yield the offset and the length of each frame that has both."""
    sizes = _iterate_sizes(tables)
    for chunk, frames in read_chunks(tables).iterate_frames():
        offset = chunk
        for _, size in zip(range(frames), sizes, strict=False):
            yield offset, size
            offset += size


def _iterate_sizes(tables: Tables) -> Iterator[int]:
    for stsz in tables.get(b"stsz", []):
        size, count = stsz.unpack(">4xII")
        if size:
            yield from (size for _ in range(count))
        else:
            yield from (row[0] for row in stsz.unpack_rows(">I", 12, count))


def _read_rows(tables: Tables, kind: bytes, layout: str) -> Iterator[tuple[int, ...]]:
    for table in tables.get(kind, []):
        (entries,) = table.unpack(">4xI")
        yield from table.unpack_rows(layout, 8, entries)
