"""Which reader knows these bytes."""

from __future__ import annotations

import re

from facescreen.media import bmp, gif, heif, iso_boxes, jpeg, mp4, png, tiff, webp
from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.reader import Reader, Window


def probe(reader: Reader) -> Media:
    """Says what an object is, mostly by one ranged read of 64 KB. Raises UnreadableMediaError, and
    what the reader raises."""
    window = Window.over(reader)
    if window.size == 0:
        raise UnreadableMediaError("The file is empty.")
    head = window.peek(0, _LONGEST_SIGNATURE)
    for signature, read in _SIGNATURES:
        if signature.match(head):
            return read(window)
    raise UnreadableMediaError(
        "The file is not an image or video this service knows, by its first bytes."
    )


def _read_branded(window: Window) -> Media:
    """ISO base media files name their brands first (ISO/IEC 14496-12, 4.3)."""
    brands = iso_boxes.brands(window)
    if brands[0] in heif.BRANDS:
        return heif.read(window, brands)
    return mp4.read(window, "video/quicktime" if brands[0] == b"qt  " else "video/mp4")


def _read_quicktime(window: Window) -> Media:
    """QuickTime files older than brands begin with any of their boxes."""
    return mp4.read(window, "video/quicktime")


_LONGEST_SIGNATURE = 12
_SIGNATURES = tuple(
    (re.compile(signature, re.DOTALL), read)
    for signature, read in (
        (rb"\xff\xd8\xff", jpeg.read),
        (rb"\x89PNG\r\n\x1a\n", png.read),
        (rb"RIFF.{4}WEBP", webp.read),
        (rb"GIF8[79]a", gif.read),
        (rb"BM", bmp.read),
        (rb"II\*\0|MM\0\*", tiff.read),
        (rb".{4}ftyp", _read_branded),
        (rb".{4}(moov|mdat|wide|free|skip|pnot)", _read_quicktime),
    )
)
