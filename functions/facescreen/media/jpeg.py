"""JPEG (ITU-T T.81, Annex B): the frame header, and the orientation in its EXIF segment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.media import exif
from facescreen.media.media import Media, UnreadableMediaError, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15, without the DHT, JPG and DAC that stand among them."""
_END_OF_IMAGE, _START_OF_SCAN, _APP1 = 0xD9, 0xDA, 0xE1

_MARKER = re.compile(rb"\xff([^\x00\xff])")
_PADDING = 4096
"""Bytes in which a marker must follow. Fill bytes may precede it, and decoders skip others too."""


def read(window: Window) -> Media:
    """The first frame header counts: further pictures (MPO, thumbnails) stand elsewhere."""
    frame = orientation = None
    for marker, segment in _segments(window):
        if marker in _FRAME_HEADERS and frame is None:
            frame = segment.unpack(">xHH")
        elif marker == _APP1 and orientation is None and segment.peek(0, 6) == exif.PREFIX:
            orientation = exif.orientation(segment)
    if frame is None:
        raise UnreadableMediaError("The JPEG holds no picture.")
    height, width = frame
    return image("image/jpeg", width, height, orientation=orientation or 1)


def _segments(window: Window) -> Iterator[tuple[int, Window]]:
    """Marker and content of each segment up to the scan, where the compressed picture begins."""
    at = 2
    while True:
        found = _MARKER.search(window.peek(at, _PADDING))
        if found is None:
            raise UnreadableMediaError(
                "The JPEG is damaged: it ends or breaks off before its picture."
            )
        marker = found[1][0]
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        at += found.end()
        (length,) = window.unpack(">H", at)
        yield marker, window.part(at + 2, length - 2)
        at += length
