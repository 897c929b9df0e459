"""Reads JPEG (ITU-T T.81, Annex B): the frame header, and the orientation in the EXIF segment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.media import exif
from facescreen.media.media import Media, UnreadableMediaError, build_image_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_FRAME_HEADER_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15, without DHT, JPG and DAC, whose codes are in the same range."""
_END_OF_IMAGE, _START_OF_SCAN, _APP1 = 0xD9, 0xDA, 0xE1

_MARKER_PATTERN = re.compile(rb"\xff([^\x00\xff])")
_MAX_PADDING_BYTES = 4096
"""A marker must follow within these bytes. Fill bytes may precede it, and decoders skip others
too."""


def read(window: Window) -> Media:
    """Read the first frame header: further pictures (MPO, thumbnails) are in other places."""
    frame = orientation = None
    for marker, segment in _iterate_segments(window):
        if marker in _FRAME_HEADER_MARKERS and frame is None:
            frame = segment.unpack(">xHH")
        elif (
            marker == _APP1 and orientation is None and segment.read_up_to(0, 6) == exif.EXIF_PREFIX
        ):
            orientation = exif.read_orientation(segment)
    if frame is None:
        raise UnreadableMediaError("The JPEG contains no picture.")
    height, width = frame
    return build_image_media("image/jpeg", width, height, orientation=orientation or 1)


def _iterate_segments(window: Window) -> Iterator[tuple[int, Window]]:
    """Yield the marker and content of each segment before the scan, where the compressed picture
    begins."""
    offset = 2
    while True:
        match = _MARKER_PATTERN.search(window.read_up_to(offset, _MAX_PADDING_BYTES))
        if match is None:
            raise UnreadableMediaError("The JPEG is damaged: it ends before its picture.")
        marker = match[1][0]
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        offset += match.end()
        (length,) = window.unpack(">H", offset)
        yield marker, window.subwindow(offset + 2, length - 2)
        offset += length
