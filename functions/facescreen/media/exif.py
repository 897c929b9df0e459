"""Reads the orientation, the one EXIF field that changes what is displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import tiff
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from facescreen.media.reader import Window

EXIF_PREFIX = b"Exif\0\0"
"""Precedes the TIFF structure in JPEG, and in WebP files by some writers."""


def read_orientation(window: Window) -> int:
    """Read the orientation of an EXIF block with or without the prefix. Returns 1, as stored, if it
    is missing or damaged: decoders show the picture then too."""
    try:
        if window.read_up_to(0, len(EXIF_PREFIX)) == EXIF_PREFIX:
            window = window.subwindow(len(EXIF_PREFIX))
        return tiff.read_directory(window).get(tiff.ORIENTATION, 1)
    except UnreadableMediaError:
        return 1
