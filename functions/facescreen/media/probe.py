"""Detects the format of an object, and reads it."""

from __future__ import annotations

import re

from facescreen.media import bmp, gif, heif, iso_boxes, jpeg, mp4, png, tiff, webp
from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.reader import RangeReader, Window


def probe(reader: RangeReader) -> Media:
    """Detect and read an object's media, with one read of all of it, up to 20 MB. Raises
    UnreadableMediaError, and what the reader raises."""
    window = Window.of_object(reader)
    if window.size == 0:
        raise UnreadableMediaError("The file is empty.")
    head = window.read_up_to(0, _MAX_SIGNATURE_BYTES)
    for signature, read in _READERS_BY_SIGNATURE:
        if signature.match(head):
            return read(window)
    raise UnreadableMediaError(
        "The file's first bytes are not those of an image or video that this service supports."
    )


def _read_iso_media(window: Window) -> Media:
    """Read an ISO base media file, which begins with its brands (ISO/IEC 14496-12, 4.3)."""
    brands = iso_boxes.read_brands(window)
    if brands[0] in heif.IMAGE_BRANDS:
        return heif.read(window, brands)
    return mp4.read(window, "video/quicktime" if brands[0] == b"qt  " else "video/mp4")


def _read_quicktime(window: Window) -> Media:
    """Read an old QuickTime file without brands, which begins with any of its boxes."""
    return mp4.read(window, "video/quicktime")


_MAX_SIGNATURE_BYTES = 12
_READERS_BY_SIGNATURE = tuple(
    (re.compile(signature, re.DOTALL), read)
    for signature, read in (
        (rb"\xff\xd8\xff", jpeg.read),
        (rb"\x89PNG\r\n\x1a\n", png.read),
        (rb"RIFF.{4}WEBP", webp.read),
        (rb"GIF8[79]a", gif.read),
        (rb"BM", bmp.read),
        (rb"II\*\0|MM\0\*", tiff.read),
        (rb".{4}ftyp", _read_iso_media),
        (rb".{4}(moov|mdat|wide|free|skip|pnot)", _read_quicktime),
    )
)
