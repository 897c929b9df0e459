"""BMP: OS/2's short header and all of Windows' longer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, image

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_FILE_HEADER_SIZE = 14
_SHORT_HEADER_SIZE = 12
_LONGEST_HEADER_SIZE = 124


def read(window: Window) -> Media:
    """A height below zero says that the rows are stored from the top."""
    (header_size,) = window.unpack("<I", _FILE_HEADER_SIZE)
    if not _SHORT_HEADER_SIZE <= header_size <= _LONGEST_HEADER_SIZE:
        raise UnreadableMediaError("The BMP's header is of no known size.")
    layout = "<HH" if header_size == _SHORT_HEADER_SIZE else "<ii"
    width, height = window.unpack(layout, _FILE_HEADER_SIZE + 4)
    return image("image/bmp", width, abs(height))
