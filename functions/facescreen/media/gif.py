"""GIF89a: the logical screen, and whether a second picture follows the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, image
from facescreen.media.reader import HEAD

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_HEADER_SIZE = 13
_EXTENSION, _PICTURE, _TRAILER = 0x21, 0x2C, 0x3B
_LOOP = b"\x21\xff\x0bNETSCAPE2.0"
"""Asks for the pictures to be shown again: there are several."""


def read(window: Window) -> Media:
    """Pictures are counted within the first read: what they are cut into is a few bytes long."""
    width, height, flags = window.unpack("<HHB2x", 6)
    frames = _frames(window.peek(0, HEAD), _HEADER_SIZE + _color_table_size(flags))
    if frames == 0:
        raise UnreadableMediaError("The GIF holds no picture.")
    return image("image/gif", width, height, frames=frames)


def _frames(head: bytes, at: int) -> int | None:
    """1, 2 for more, or None where the head ends, or breaks off, before that is known."""
    pictures = 0
    while at < len(head):
        if head[at] == _TRAILER:
            return pictures
        pictures += head[at] == _PICTURE
        if pictures == 2 or head.startswith(_LOOP, at):
            return 2
        at = _next_block(head, at)
    return None


def _next_block(head: bytes, at: int) -> int:
    """Where the block after this one begins; the end of the head where that can't be told."""
    try:
        if head[at] == _EXTENSION:
            at += 2
        elif head[at] == _PICTURE:
            at += 11 + _color_table_size(head[at + 9])
        else:
            return len(head)
        while head[at]:
            at += 1 + head[at]
    except IndexError:
        return len(head)
    return at + 1


def _color_table_size(flags: int) -> int:
    """Bytes, for the flags of a screen or a picture."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
