"""Random access to an object's bytes, with few requests and within limits.

Every size in a file may be wrong, so the limits for all formats are enforced here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES_READ = 20 * 1024 * 1024
"""Bytes read of one object. Up to this size, which is that of the largest image that can be
converted, an object is read whole, in one read."""

FIRST_READ_BYTES = 64 * 1024
"""The first read of a larger object. Each further read is twice as long as the previous one, so
reading many small parts takes few requests."""

MAX_PARTS = 20_000
"""Segments, chunks and boxes of one object: enough for a PNG of 20 MB in chunks of 1 KB, or for a
minute of video with a fragment for each frame."""

MAX_ROWS = 100_000
"""Rows of all tables of one object: enough for an hour of video with a time for each frame."""

_TRUNCATED_MESSAGE = (
    "The file is damaged: it, or a part of it, is shorter than its description says."
)
_TOO_LARGE_MESSAGE = "The file is too large: its description could not be read within 20 MB."
_TOO_MANY_PARTS_MESSAGE = "The file is too complex: it has more than 20,000 parts."
_TOO_MANY_ROWS_MESSAGE = "The file is too complex: its tables have more than 100,000 rows."


class TooComplexMediaError(UnreadableMediaError):
    """The object has more parts or rows, or is larger, than the limits allow."""


class RangeReader(Protocol):
    """Reads ranges of the object; each call is a request. Its errors pass through probe."""

    @property
    def size(self) -> int:
        """The size of the whole object, in bytes."""

    def read(self, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`; fewer at the end."""


class Window:
    """A range of the object, which its contents can't reach beyond. Offsets are relative to its
    start. Reads beyond its end or the limits raise UnreadableMediaError."""

    def __init__(self, source: _LimitedReader, start: int, size: int) -> None:
        self._source = source
        self.start = start
        """Its offset in the object."""
        self.size = size

    @classmethod
    def of_object(cls, reader: RangeReader) -> Window:
        """Create a window over the whole object."""
        return cls(_LimitedReader(reader), 0, reader.size)

    @classmethod
    def of_bytes(cls, content: bytes) -> Window:
        """Create a window over bytes that were decompressed or decoded, with limits of its own."""
        return cls.of_object(_BytesReader(content))

    def read_exactly(self, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes."""
        if offset + length > self.size:
            raise UnreadableMediaError(_TRUNCATED_MESSAGE)
        return self._source.read_exactly(self.start + offset, length)

    def read_up_to(self, offset: int, length: int) -> bytes:
        """Read `length` bytes, or fewer at the end."""
        return self.read_exactly(offset, max(0, min(length, self.size - offset)))

    def unpack(self, layout: str, offset: int = 0) -> tuple[Any, ...]:
        """Unpack the fields of a struct layout."""
        return struct.unpack(layout, self.read_exactly(offset, struct.calcsize(layout)))

    def unpack_rows(self, layout: str, offset: int, count: int) -> Iterator[tuple[Any, ...]]:
        """Unpack a table of `count` rows with a struct layout."""
        self._source.count_rows(count)
        return struct.iter_unpack(
            layout, self.read_exactly(offset, count * struct.calcsize(layout))
        )

    def subwindow(self, offset: int, size: int | None = None) -> Window:
        """Create a window within this one, by default up to its end."""
        size = self.size - offset if size is None else size
        if size < 0 or offset + size > self.size:
            raise UnreadableMediaError(_TRUNCATED_MESSAGE)
        self._source.count_part()
        return Window(self._source, self.start + offset, size)


class _BytesReader:
    """A RangeReader of bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read(self, start: int, length: int) -> bytes:
        return self._content[start : start + length]


class _LimitedReader:
    """Reads and keeps blocks of one object, and enforces the limits."""

    def __init__(self, reader: RangeReader) -> None:
        self._reader = reader
        self._blocks: list[tuple[int, bytes]] = []
        self._next_read = reader.size if reader.size <= MAX_BYTES_READ else FIRST_READ_BYTES
        self._bytes_left = MAX_BYTES_READ
        self._parts_left = MAX_PARTS
        self._rows_left = MAX_ROWS

    def read_exactly(self, start: int, length: int) -> bytes:
        if length == 0:
            return b""
        for block_start, block in self._blocks:
            block_offset = start - block_start
            if block_offset >= 0 and block_offset + length <= len(block):
                return block[block_offset : block_offset + length]
        block = self._read_block(start, length)
        if len(block) < length:
            raise UnreadableMediaError(_TRUNCATED_MESSAGE)
        self._blocks.append((start, block))
        return block[:length]

    def count_part(self) -> None:
        """Count one part. Raises TooComplexMediaError beyond MAX_PARTS."""
        self._parts_left -= 1
        if self._parts_left < 0:
            raise TooComplexMediaError(_TOO_MANY_PARTS_MESSAGE)

    def count_rows(self, count: int) -> None:
        """Count rows of a table. Raises TooComplexMediaError beyond MAX_ROWS."""
        self._rows_left -= count
        if self._rows_left < 0:
            raise TooComplexMediaError(_TOO_MANY_ROWS_MESSAGE)

    def _read_block(self, start: int, length: int) -> bytes:
        read_length = max(length, self._next_read)
        if read_length > self._bytes_left:
            raise TooComplexMediaError(_TOO_LARGE_MESSAGE)
        self._bytes_left -= read_length
        self._next_read *= 2
        return self._reader.read(start, min(read_length, self._reader.size - start))
