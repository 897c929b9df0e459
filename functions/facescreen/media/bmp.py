"""Reads BMP: OS/2's short header and all of Windows' longer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, build_image_media

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_FILE_HEADER_SIZE = 14
_SHORT_HEADER_SIZE = 12
_MAX_HEADER_SIZE = 124


def read(window: Window) -> Media:
    """Read the size. A negative height means that the rows are stored top-down."""
    (header_size,) = window.unpack("<I", _FILE_HEADER_SIZE)
    if not _SHORT_HEADER_SIZE <= header_size <= _MAX_HEADER_SIZE:
        raise UnreadableMediaError("The BMP's header has an unknown size.")
    layout = "<HH" if header_size == _SHORT_HEADER_SIZE else "<ii"
    width, height = window.unpack(layout, _FILE_HEADER_SIZE + 4)
    return build_image_media("image/bmp", width, abs(height))
