"""Looks at coded frames of AV1 (AV1 Bitstream & Decoding Process Specification, 5.3 to 5.9), to
find those that hold two pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_UNITS = 1000
"""Units of one frame: a picture in 64 tiles, each a unit, has about 70."""

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_REDUCED_HEADER = 0x08
"""Frames of a still picture, whose headers don't say whether they are shown: all are."""
_SHOWN_AGAIN, _SHOWN = 0x80, 0x10
_HAS_EXTENSION, _HAS_SIZE = 0x04, 0x02
_MAX_SIZE_BYTES = 8


def holds_two_pictures(frame: bytes, *, is_still: bool) -> bool:
    """Return whether more than one picture is shown, or too many units can't be looked at. A video
    has frames that are only referred to; a still picture has none."""
    pictures = 0
    for count, (kind, first_byte) in enumerate(_iterate_units(frame)):
        is_still = is_still or (kind == _SEQUENCE_HEADER and bool(first_byte & _REDUCED_HEADER))
        if kind in (_FRAME_HEADER, _FRAME):
            pictures += is_still or bool(first_byte & (_SHOWN_AGAIN | _SHOWN))
        if pictures > 1 or count > MAX_UNITS:
            return True
    return False


def _iterate_units(frame: bytes) -> Iterator[tuple[int, int]]:
    """Yield the type and the first byte of each unit."""
    position = 0
    while position < len(frame):
        header = frame[position]
        position += 2 if header & _HAS_EXTENSION else 1
        size = len(frame)
        if header & _HAS_SIZE:
            size, position = _read_size(frame, position)
        if size and position < len(frame):
            yield header >> 3 & 15, frame[position]
        position += size


def _read_size(frame: bytes, position: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    size = 0
    for index, byte in enumerate(frame[position : position + _MAX_SIZE_BYTES]):
        size |= (byte & 127) << 7 * index
        if not byte & 128:
            return size, position + index + 1
    return len(frame), len(frame)
