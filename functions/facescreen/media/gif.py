"""Reads GIF89a: the size of the logical screen, and whether there is more than one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, build_image_media
from facescreen.media.reader import FIRST_READ_BYTES

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_HEADER_SIZE = 13
_EXTENSION, _PICTURE, _TRAILER = 0x21, 0x2C, 0x3B
_LOOP_EXTENSION = b"\x21\xff\x0bNETSCAPE2.0"
"""The extension that repeats the pictures: there are several."""


def read(window: Window) -> Media:
    """Read the size, and count the pictures within the first read: sub-blocks have at most 255
    bytes, so skipping all of them would take many reads."""
    width, height, flags = window.unpack("<HHB2x", 6)
    frames = _count_frames(
        window.read_up_to(0, FIRST_READ_BYTES), _HEADER_SIZE + _compute_color_table_size(flags)
    )
    if frames == 0:
        raise UnreadableMediaError("The GIF contains no picture.")
    return build_image_media("image/gif", width, height, frames=frames)


def _count_frames(head: bytes, offset: int) -> int | None:
    """Return 1, 2 for more, or None if the head ends before that is known."""
    pictures = 0
    while offset < len(head):
        if head[offset] == _TRAILER:
            return pictures
        pictures += head[offset] == _PICTURE
        if pictures == 2 or head.startswith(_LOOP_EXTENSION, offset):
            return 2
        offset = _find_next_block(head, offset)
    return None


def _find_next_block(head: bytes, offset: int) -> int:
    """Return the offset of the next block, or the end of the head if it can't be determined."""
    try:
        if head[offset] == _EXTENSION:
            offset += 2
        elif head[offset] == _PICTURE:
            offset += 11 + _compute_color_table_size(head[offset + 9])
        else:
            return len(head)
        while head[offset]:
            offset += 1 + head[offset]
    except IndexError:
        return len(head)
    return offset + 1


def _compute_color_table_size(flags: int) -> int:
    """Return the size in bytes, from the flags of a screen or a picture."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
