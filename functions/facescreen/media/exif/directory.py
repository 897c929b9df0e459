"""Reads image file directories (TIFF 6.0, section 2), which TIFF, EXIF and the index of
multi-picture JPEG files consist of."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from facescreen.media.reader import Window

ORIENTATION = 274
SHORT = 3

_BYTE_ORDERS_BY_HEADER = {b"II*\0": "<", b"MM\0*": ">"}
_LAYOUTS_BY_FIELD_TYPE = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I"}
"""BYTE, SHORT, LONG, UNDEFINED and IFD; fields of other types are not needed as numbers."""
_ENTRY_SIZE, _VALUE_SIZE = 12, 4
_MAX_NUMBERS = 4096


class Entry(NamedTuple):
    """One field of a directory."""

    tag: int
    field_type: int
    length: int
    """The number of its values."""
    value: bytes
    """Four bytes: the value, or its offset if it is longer."""


@dataclass(frozen=True)
class Directory:
    """One directory, and the structure that it is in."""

    structure: Window
    order: str
    """``<`` or ``>``, as in struct layouts."""
    entries: tuple[Entry, ...]
    next_offset: int
    """The offset of the next directory; 0 if there is none."""

    def find_all(self, tag: int) -> list[Entry]:
        """Return all entries of a tag: there should be at most one."""
        return [entry for entry in self.entries if entry.tag == tag]

    def read_content(self, entry: Entry, size: int) -> Window:
        """Return a window over `size` bytes of an entry's value. Raises UnreadableMediaError."""
        (offset,) = struct.unpack(self.order + "I", entry.value)
        return self.structure.subwindow(offset, size)

    def read_bytes(self, entry: Entry, max_bytes: int) -> bytes:
        """Return the first bytes of an entry's value, which is longer than four bytes."""
        (offset,) = struct.unpack(self.order + "I", entry.value)
        return self.structure.read_up_to(offset, max_bytes)

    def read_numbers(self, tag: int) -> tuple[int, ...]:
        """Return the numbers of a tag's first entry; empty if there is none, or if its type is
        another one, or if there are more than 4096. Raises UnreadableMediaError."""
        for entry in self.find_all(tag)[:1]:
            return self.decode(entry)
        return ()

    def decode(self, entry: Entry) -> tuple[int, ...]:
        """Return the numbers of an entry, as read_numbers does."""
        layout = _LAYOUTS_BY_FIELD_TYPE.get(entry.field_type)
        if layout is None or not 0 < entry.length <= _MAX_NUMBERS:
            return ()
        numbers = f"{self.order}{entry.length}{layout}"
        size = struct.calcsize(numbers)
        if size <= _VALUE_SIZE:
            return struct.unpack(numbers, entry.value[:size])
        return self.read_content(entry, size).unpack(numbers)


def read_directory(structure: Window, offset: int | None = None) -> Directory:
    """Read the directory at an offset, by default the first one. If the structure ends before its
    last entries, the entries before them are returned: readers use those too."""
    order = _BYTE_ORDERS_BY_HEADER.get(structure.read_exactly(0, 4))
    if order is None:
        raise UnreadableMediaError("The TIFF structure has no byte order.")
    if offset is None:
        (offset,) = structure.unpack(order + "I", 4)
    (count,) = structure.unpack(order + "H", offset)
    start = offset + 2
    rows = min(count, (structure.size - start) // _ENTRY_SIZE)
    entries = tuple(map(Entry._make, structure.unpack_rows(order + "HHI4s", start, rows)))
    after = start + rows * _ENTRY_SIZE
    is_complete = rows == count and structure.size - after >= _VALUE_SIZE
    (next_offset,) = structure.unpack(order + "I", after) if is_complete else (0,)
    return Directory(structure, order, entries, next_offset)
