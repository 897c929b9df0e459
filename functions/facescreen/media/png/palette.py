"""Looks at the pixels of a PNG with a palette: whether they name colors that the palette lacks."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from facescreen.media.palette import Palette

MAX_FILTERED_BYTES = 3 * 1024 * 1024
"""Of rows that have to be unfiltered, byte by byte. Writers leave pictures with a palette
unfiltered, as the specification recommends."""


def has_unknown_colors(
    palette: Palette, rows: Iterator[bytes], passes: Iterable[tuple[int, int]]
) -> bool:
    """Return whether a pixel names a color that the palette lacks, or whether that would take too
    long to find out. `rows` have the byte of their filter first; `passes` are the width and height
    of each reduced picture."""
    filtered_bytes = 0
    for width, height in passes:
        previous = bytes((width * palette.bits + 7) // 8)
        for _ in range(height):
            row = next(rows, None)
            if row is None:
                return False
            filtered_bytes += len(row) if row[0] else 0
            unfilter = _UNFILTERS.get(row[0])
            if unfilter is None or filtered_bytes > MAX_FILTERED_BYTES:
                return True
            previous = unfilter(row[1:], previous)
            if not palette.has_all_colors_of(previous, width):
                return True
    return False


def _add(first: int, second: int) -> int:
    return first + second & 0xFF


def _unfilter_sub(row: bytes, _: bytes) -> bytes:
    unfiltered: list[int] = list(accumulate(row, _add))
    return bytes(unfiltered)


def _unfilter_up(row: bytes, previous: bytes) -> bytes:
    return bytes(map(_add, row, previous))


def _unfilter_average(row: bytes, previous: bytes) -> bytes:
    unfiltered, left = bytearray(), 0
    for byte, above in zip(row, previous, strict=True):
        left = byte + (left + above >> 1) & 0xFF
        unfiltered.append(left)
    return bytes(unfiltered)


def _unfilter_paeth(row: bytes, previous: bytes) -> bytes:
    unfiltered, left, above_left = bytearray(), 0, 0
    for byte, above in zip(row, previous, strict=True):
        from_left, from_above = abs(above - above_left), abs(left - above_left)
        from_both = abs(left + above - 2 * above_left)
        if from_left <= from_above and from_left <= from_both:
            nearest = left
        else:
            nearest = above if from_above <= from_both else above_left
        left, above_left = byte + nearest & 0xFF, above
        unfiltered.append(left)
    return bytes(unfiltered)


_UNFILTERS: dict[int, Callable[[bytes, bytes], bytes]] = {
    0: lambda row, _: row,
    1: _unfilter_sub,
    2: _unfilter_up,
    3: _unfilter_average,
    4: _unfilter_paeth,
}
"""By the number of the filter. Pixels of a palette have at most a byte, so a filter refers to the
bytes next to each other (PNG, 9.2)."""
