"""Detects the format of an object, and reads it."""

from __future__ import annotations

import re
from dataclasses import replace

from facescreen.media.bmp import read_bmp
from facescreen.media.gif import read_gif
from facescreen.media.iso.boxes import read_brands
from facescreen.media.iso.heif import IMAGE_BRANDS, read_heif
from facescreen.media.iso.mp4 import read_mp4
from facescreen.media.jpeg.image import read_jpeg
from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.png.image import read_png
from facescreen.media.reader import RangeReader, Window
from facescreen.media.tiff import read_tiff
from facescreen.media.webp import read_webp


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
    brands = read_brands(window)
    if brands[0] in IMAGE_BRANDS:
        media = read_heif(window, brands)
    else:
        media = read_mp4(window, "video/quicktime" if brands[0] == b"qt  " else "video/mp4")
    if _ICON_SIGNATURE.match(window.read_up_to(0, _MAX_SIGNATURE_BYTES)):
        return replace(
            media, second_picture="Browsers take it for an icon, and show another picture."
        )
    return media


def _read_quicktime(window: Window) -> Media:
    """Read an old QuickTime file without brands, which begins with any of its boxes."""
    return read_mp4(window, "video/quicktime")


_MAX_SIGNATURE_BYTES = 12
_ICON_SIGNATURE = re.compile(rb"\0\0[\1\2]\0")
"""Of Windows' icons and cursors; also the size of a first box of 256 or 512 bytes."""

_READERS_BY_SIGNATURE = tuple(
    (re.compile(signature, re.DOTALL), read)
    for signature, read in (
        (rb"\xff\xd8\xff", read_jpeg),
        (rb"\x89PNG\r\n\x1a\n", read_png),
        (rb"RIFF.{4}WEBP", read_webp),
        (rb"GIF8[79]a", read_gif),
        (rb"BM", read_bmp),
        (rb"II\*\0|MM\0\*", read_tiff),
        (rb".{4}ftyp", _read_iso_media),
        (rb".{4}(moov|mdat|wide|free|skip|pnot)", _read_quicktime),
    )
)
