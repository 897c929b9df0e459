"""Looks at coded frames of VP9 (VP9 Bitstream & Decoding Process Specification, 6.2 and Annex B),
to find those that hold two pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER_MASK, _INDEX_MARKER = 0xE0, 0xC0
_PROFILE_3 = 0x30
_SHOWN_AGAIN, _SHOWN = 0x08, 0x02


def holds_two_pictures(frame: bytes) -> bool:
    """Return whether more than one of the frames in a superframe is shown."""
    return sum(map(_is_shown, _iterate_first_bytes(frame))) > 1


def _iterate_first_bytes(frame: bytes) -> Iterator[int]:
    """Yield the first byte of each frame in a superframe, whose sizes are at its end."""
    marker = frame[-1] if frame else 0
    if marker & _MARKER_MASK != _INDEX_MARKER:
        return
    count, size_bytes = 1 + (marker & 7), 1 + (marker >> 3 & 3)
    start, end = len(frame) - 1 - count * size_bytes, len(frame) - 1
    if start < 1 or frame[start - 1] != marker:
        return
    sizes = frame[start:end]
    position = 0
    for row in range(0, len(sizes), size_bytes):
        size = int.from_bytes(sizes[row : row + size_bytes], "little")
        if size and position < len(frame):
            yield frame[position]
        position += size


def _is_shown(first_byte: int) -> bool:
    if first_byte & _PROFILE_3 == _PROFILE_3:
        # A reserved bit follows the profile.
        first_byte <<= 1
    return bool(first_byte & _SHOWN_AGAIN) or bool(first_byte & _SHOWN)
