"""EXIF: the one field of it that changes what is displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import tiff
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from facescreen.media.reader import Window

PREFIX = b"Exif\0\0"
"""Stands before the TIFF structure in JPEG, and by some writers in WebP."""


def orientation(window: Window) -> int:
    """Out of an EXIF block with or without its prefix; 1, as stored, where it is absent or damaged,
    for decoders show the picture all the same."""
    try:
        if window.peek(0, len(PREFIX)) == PREFIX:
            window = window.part(len(PREFIX))
        return tiff.directory(window).get(tiff.ORIENTATION, 1)
    except UnreadableMediaError:
        return 1
