"""HEIC and AVIF (ISO/IEC 23008-12): the primary item's size, and what turns and crops it.

EXIF has no say here: properties of the item turn the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso_boxes import boxes, children, need
from facescreen.media.media import Media, UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_HEVC_STILL = {b"heic", b"heix", b"heim", b"heis"}
_HEVC_SEQUENCE = {b"hevc", b"hevx", b"hevm", b"hevs"}
_TYPES = dict.fromkeys(_HEVC_STILL | _HEVC_SEQUENCE, "image/heic") | {
    b"avif": "image/avif",
    b"avis": "image/avif",
}
_SEQUENCES = _HEVC_SEQUENCE | {b"avis", b"msf1"}

BRANDS = frozenset(_TYPES) | {b"mif1", b"msf1"}
"""The major brands of image files; the last two leave the codec to the compatible brands."""


def read(window: Window, brands: list[bytes]) -> Media:
    """Sequences are described by their primary item as well, and their pictures not counted."""
    mime = next((_TYPES[brand] for brand in brands if brand in _TYPES), None)
    if mime is None:
        raise UnreadableMediaError("The HEIF file is neither HEIC nor AVIF.")
    meta = need(window, b"meta").part(4)
    width = height = 0
    rotated = False
    for kind, content in _properties(meta, _primary_item(meta)):
        if kind == b"ispe":
            width, height = content.unpack(">4xII")
        elif kind == b"clap":
            width, height = _cropped(content, width, height)
        elif kind == b"imir":
            rotated = True
        elif kind == b"irot" and (quarters := content.take(0, 1)[0] & 3):
            rotated = True
            width, height = (height, width) if quarters % 2 else (width, height)
    return Media(mime, width, height, rotated, frames=2 if brands[0] in _SEQUENCES else 1)


def _primary_item(meta: Window) -> int:
    pitm = need(meta, b"pitm")
    (item,) = pitm.unpack(">4xI" if pitm.take(0, 1)[0] else ">4xH")
    return int(item)


def _properties(meta: Window, item: int) -> Iterator[tuple[bytes, Window]]:
    """An item's properties, in the order in which they apply."""
    iprp = need(meta, b"iprp")
    properties = list(boxes(need(iprp, b"ipco")))
    for ipma in children(iprp, b"ipma"):
        for index in _associated(ipma, item):
            if 1 <= index <= len(properties):
                yield properties[index - 1]


def _associated(ipma: Window, item: int) -> list[int]:
    """An item's indexes into the property container, from 1; the top bit is another matter."""
    version_flags, entries = ipma.unpack(">II")
    id_layout, id_size = (">IB", 5) if version_flags >> 24 else (">HB", 3)
    index_layout, index_size = (">H", 2) if version_flags & 1 else (">B", 1)
    mask = 0x7FFF if version_flags & 1 else 0x7F
    at = 8
    for _ in range(entries):
        entry = ipma.part(at)
        found, count = entry.unpack(id_layout)
        if found == item:
            return [index & mask for (index,) in entry.rows(index_layout, id_size, count)]
        at += id_size + count * index_size
    return []


def _cropped(clap: Window, width: int, height: int) -> tuple[int, int]:
    """The clean aperture: encoders pad odd sizes to even ones."""
    across, across_parts, down, down_parts = clap.unpack(">IIII")
    if across_parts == 0 or down_parts == 0:
        raise UnreadableMediaError("The picture's clean aperture is a fraction of zero.")
    return min(width, across // across_parts), min(height, down // down_parts)
