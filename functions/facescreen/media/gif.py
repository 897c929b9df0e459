"""Reads GIF89a: the size of the logical screen, and whether exactly one picture covers it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, build_image_media
from facescreen.media.one_picture import find_second_picture
from facescreen.media.palette import UNKNOWN_COLORS_MESSAGE
from facescreen.media.reader import TooComplexMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_HEADER_SIZE = 13
_EXTENSION, _PICTURE, _TRAILER = 0x21, 0x2C, 0x3B
_NOT_PADDING = re.compile(rb"[^\0]")
_GRAPHIC_CONTROL = b"\xf9\x04"
_COLOR_TABLE_FLAG, _TRANSPARENCY_FLAG = 0x80, 0x01
_MAX_CODE_BITS = 12

_MAX_STEPS = 100_000
"""Sub-blocks: a GIF of 20 MB has 82,000 full ones."""
_TOO_MANY_STEPS_MESSAGE = "The file is too complex: it has more than 100,000 blocks."
_MAX_COMPRESSED_BYTES = 1024 * 1024
"""Of a picture whose codes are looked at."""


def read_gif(window: Window) -> Media:
    """Read the size of the logical screen, and walk over all blocks."""
    width, height = window.unpack("<HH", 6)
    second_picture = find_second_picture(window, _iterate_findings)
    return build_image_media("image/gif", width, height, second_picture=second_picture)


def _iterate_findings(window: Window) -> Iterator[str]:
    content = window.read_exactly(0, window.size)
    first_block = _HEADER_SIZE + _compute_color_table_size(*window.unpack("10xB2x"))
    transparent_colors: set[int] = set()
    pictures = 0
    for kind, start, end in _iterate_blocks(content, first_block):
        if kind == _PICTURE:
            pictures += 1
            if pictures > 1:
                yield "It contains more than one picture."
            yield from _check_picture(window, start, transparent_colors)
        elif kind != _EXTENSION:
            yield "It has bytes between its blocks, which programs read differently."
        elif content[start + 1 : start + 3] == _GRAPHIC_CONTROL and end - start == 8:
            flags, color = content[start + 3], content[start + 6]
            transparent_colors |= {color} if flags & _TRANSPARENCY_FLAG else set()
    if not pictures:
        raise UnreadableMediaError("The GIF contains no picture.")


def _iterate_blocks(content: bytes, offset: int) -> Iterator[tuple[int, int, int]]:
    """Yield the kind, the start and the end of each block, up to the trailer or the end of the
    file. Sub-blocks have at most 255 bytes, so these are many small steps."""
    steps = 0
    while True:
        match = _NOT_PADDING.search(content, offset)
        if match is None or content[match.start()] == _TRAILER:
            return
        start, kind = match.start(), content[match.start()]
        offset = start + 2
        if kind == _PICTURE and start + 9 < len(content):
            offset = start + 11 + _compute_color_table_size(content[start + 9])
        while offset < len(content) and content[offset]:
            offset += 1 + content[offset]
            steps += 1
            if steps > _MAX_STEPS:
                raise TooComplexMediaError(_TOO_MANY_STEPS_MESSAGE)
        offset = min(offset + 1, len(content))
        steps += 1
        if steps > _MAX_STEPS:
            raise TooComplexMediaError(_TOO_MANY_STEPS_MESSAGE)
        yield kind, start, offset


def _check_picture(window: Window, start: int, transparent_colors: set[int]) -> Iterator[str]:
    if window.unpack("<HHHH", start + 1) != (0, 0, *window.unpack("<HH", 6)):
        yield "Its picture does not cover the same area in all programs."
    (screen_flags,) = window.unpack("B", 10)
    (flags,) = window.unpack("B", start + 9)
    if not (screen_flags | flags) & _COLOR_TABLE_FLAG:
        yield "It has no colors of its own, so that programs choose different ones."
    data = window.subwindow(start + 10 + _compute_color_table_size(flags))
    (minimum_bits,) = data.unpack("B")
    table_size = _compute_color_table_size(flags) or _compute_color_table_size(screen_flags)
    unknown_colors = set(range(table_size // 3, 1 << min(minimum_bits, 8)))
    if unknown_colors and _may_use_colors(data, unknown_colors):
        yield UNKNOWN_COLORS_MESSAGE
    if transparent_colors and _may_use_colors(data, transparent_colors):
        yield "Parts of it are transparent, so that it looks different on each background."


def _may_use_colors(data: Window, colors: set[int]) -> bool:
    """Return whether the compressed picture may use one of the colors. A color's first appearance
    is a code of its own, because the strings in the table consist of colors that were read before
    (GIF89a, Appendix F). So it is enough to look at the codes."""
    (minimum_bits,) = data.unpack("B")
    compressed = _join_sub_blocks(data)
    if not 2 <= minimum_bits <= 8 or compressed is None:
        return True
    return any(code in colors for code in _iterate_codes(compressed, minimum_bits))


def _join_sub_blocks(data: Window) -> bytes | None:
    """Return the compressed picture, or None if it is too long to look at all codes."""
    blocks, offset, total = [], 1, 0
    while offset < data.size and total <= _MAX_COMPRESSED_BYTES:
        (size,) = data.unpack("B", offset)
        if size == 0:
            break
        blocks.append(data.read_up_to(offset + 1, size))
        offset += 1 + size
        total += size
    return None if total > _MAX_COMPRESSED_BYTES else b"".join(blocks)


def _iterate_codes(compressed: bytes, minimum_bits: int) -> Iterator[int]:
    """Yield the codes of the compressed picture up to its end code. Codes become longer as the
    table grows."""
    clear_code = 1 << minimum_bits
    bits, next_code = minimum_bits + 1, clear_code + 1
    buffer = buffered_bits = 0
    for byte in compressed:
        buffer |= byte << buffered_bits
        buffered_bits += 8
        while buffered_bits >= bits:
            code = buffer & (1 << bits) - 1
            buffer >>= bits
            buffered_bits -= bits
            if code == clear_code:
                bits, next_code = minimum_bits + 1, clear_code + 1
                continue
            if code == clear_code + 1:
                return
            yield code
            next_code += 1
            if next_code == 1 << bits and bits < _MAX_CODE_BITS:
                bits += 1


def _compute_color_table_size(flags: int) -> int:
    """Return the size in bytes, from the flags of a screen or a picture."""
    return 3 << (flags & 7) + 1 if flags & _COLOR_TABLE_FLAG else 0
