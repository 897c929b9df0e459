"""An object's bytes as the readers see them: any offset, for few requests and within limits.

A file can lie about every size in it, so the limits stand here, once, for all formats.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 64 * 1024
"""Bytes of the first read. Each further one is twice as long as the one before: a walk through
many small parts then takes few requests."""

MOST_BYTES = 4 * 1024 * 1024
"""Read of one object: 64 KB doubled is six reads."""

MOST_PARTS = 2_000
"""Segments, chunks and boxes of one object."""

MOST_ROWS = 100_000
"""Rows of all tables of one object: an hour of video whose every frame is timed on its own."""

_CUT_SHORT = "The file is damaged: it ends, or a part of it does, before what it announces."
_TOO_MUCH = "The file is too involved: its description could not be read within 4 MB."


class Reader(Protocol):
    """The object's bytes, by range; each call costs a request. What it raises, probe lets pass."""

    @property
    def size(self) -> int:
        """The whole object, in bytes."""

    def read(self, start: int, length: int) -> bytes:
        """`length` bytes from `start`; fewer at the end."""


class Window:
    """A stretch of the object that nothing inside it can reach out of. Offsets count from its
    start; what goes past its end, or over the limits, raises UnreadableMediaError."""

    def __init__(self, source: _Source, start: int, size: int) -> None:
        self._source = source
        self._start = start
        self.size = size

    @classmethod
    def over(cls, reader: Reader) -> Window:
        """The whole object."""
        return cls(_Source(reader), 0, reader.size)

    def take(self, at: int, length: int) -> bytes:
        """Exactly these bytes."""
        if at + length > self.size:
            raise UnreadableMediaError(_CUT_SHORT)
        return self._source.take(self._start + at, length)

    def peek(self, at: int, length: int) -> bytes:
        """These bytes, or fewer at the end."""
        return self.take(at, max(0, min(length, self.size - at)))

    def unpack(self, layout: str, at: int = 0) -> tuple[Any, ...]:
        """The fields of a struct layout."""
        return struct.unpack(layout, self.take(at, struct.calcsize(layout)))

    def rows(self, layout: str, at: int, count: int) -> Iterator[tuple[Any, ...]]:
        """A table: `count` times the layout."""
        self._source.spend_rows(count)
        return struct.iter_unpack(layout, self.take(at, count * struct.calcsize(layout)))

    def part(self, at: int, size: int | None = None) -> Window:
        """A narrower window, by default up to the end of this one."""
        size = self.size - at if size is None else size
        if size < 0 or at + size > self.size:
            raise UnreadableMediaError(_CUT_SHORT)
        self._source.spend_part()
        return Window(self._source, self._start + at, size)


class _Source:
    """The blocks read so far, and what may still be spent on this object."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._blocks: list[tuple[int, bytes]] = []
        self._next_read = HEAD
        self._bytes_left = MOST_BYTES
        self._parts_left = MOST_PARTS
        self._rows_left = MOST_ROWS

    def take(self, start: int, length: int) -> bytes:
        if length == 0:
            return b""
        for block_start, block in self._blocks:
            offset = start - block_start
            if offset >= 0 and offset + length <= len(block):
                return block[offset : offset + length]
        block = self._read(start, length)
        if len(block) < length:
            raise UnreadableMediaError(_CUT_SHORT)
        self._blocks.append((start, block))
        return block[:length]

    def spend_part(self) -> None:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise UnreadableMediaError(_TOO_MUCH)

    def spend_rows(self, count: int) -> None:
        self._rows_left -= count
        if self._rows_left < 0:
            raise UnreadableMediaError(_TOO_MUCH)

    def _read(self, start: int, length: int) -> bytes:
        wanted = max(length, self._next_read)
        if wanted > self._bytes_left:
            raise UnreadableMediaError(_TOO_MUCH)
        self._bytes_left -= wanted
        self._next_read *= 2
        return self._reader.read(start, min(wanted, self._reader.size - start))
