"""Looks at coded frames of AV1 (AV1 Bitstream & Decoding Process Specification, 5.3 to 5.9), to
find those that hold two pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_UNITS = 200_000
"""Units in all frames of a file: enough for ten minutes of video with ten tiles a frame."""

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_REDUCED_HEADER = 0x08
"""Frames of a still picture, whose headers don't say whether they are shown: all are."""
_SHOWN_AGAIN, _SHOWN = 0x80, 0x10
_HAS_EXTENSION, _HAS_SIZE = 0x04, 0x02
_MAX_SIZE_BYTES = 8


def are_single(content: bytes, frames: Iterable[tuple[int, int]], *, is_still: bool) -> bool:
    """Return whether at most one picture is shown in each frame, given by its start and end, and
    not too many units would have to be looked at. A video has frames that are only referred to; a
    still picture has none."""
    units = 0
    for start, end in frames:
        pictures = 0
        for kind, first_byte in _iterate_units(content[start:end]):
            units += 1
            if units > MAX_UNITS:
                return False
            if first_byte is None:
                continue
            is_still = is_still or (kind == _SEQUENCE_HEADER and bool(first_byte & _REDUCED_HEADER))
            if kind in (_FRAME_HEADER, _FRAME):
                pictures += is_still or bool(first_byte & (_SHOWN_AGAIN | _SHOWN))
            if pictures > 1:
                return False
    return True


def _iterate_units(frame: bytes) -> Iterator[tuple[int, int | None]]:
    """Yield the type and the first byte of each unit, None if it is empty."""
    position = 0
    while position < len(frame):
        header = frame[position]
        position += 2 if header & _HAS_EXTENSION else 1
        size = len(frame)
        if header & _HAS_SIZE:
            size, position = _read_size(frame, position)
        has_content = size and position < len(frame)
        yield header >> 3 & 15, frame[position] if has_content else None
        position += size


def _read_size(frame: bytes, position: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    size = 0
    for index, byte in enumerate(frame[position : position + _MAX_SIZE_BYTES]):
        size |= (byte & 127) << 7 * index
        if not byte & 128:
            return size, position + index + 1
    return len(frame), len(frame)
