"""Reads HEIC and AVIF (ISO/IEC 23008-12): the primary item's size, rotation and crop.

EXIF is ignored: the picture is rotated by properties of the item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso_boxes import iterate_boxes, iterate_children, require_child
from facescreen.media.media import Media, UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_HEVC_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis"}
_HEVC_SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs"}
_TYPES_BY_BRAND = dict.fromkeys(_HEVC_STILL_BRANDS | _HEVC_SEQUENCE_BRANDS, "image/heic") | {
    b"avif": "image/avif",
    b"avis": "image/avif",
}
_SEQUENCE_BRANDS = _HEVC_SEQUENCE_BRANDS | {b"avis", b"msf1"}

IMAGE_BRANDS = frozenset(_TYPES_BY_BRAND) | {b"mif1", b"msf1"}
"""The major brands of image files. With the last two, a compatible brand names the codec."""


def read(window: Window, brands: list[bytes]) -> Media:
    """Read the primary item. It describes sequences too; their pictures are not counted."""
    mime = next((_TYPES_BY_BRAND[brand] for brand in brands if brand in _TYPES_BY_BRAND), None)
    if mime is None:
        raise UnreadableMediaError("The HEIF file is neither HEIC nor AVIF.")
    meta = require_child(window, b"meta").subwindow(4)
    width = height = 0
    rotated = False
    for kind, content in _read_properties(meta, _read_primary_item_id(meta)):
        if kind == b"ispe":
            width, height = content.unpack(">4xII")
        elif kind == b"clap":
            width, height = _compute_cropped_size(content, width, height)
        elif kind == b"imir":
            rotated = True
        elif kind == b"irot" and (quarter_turns := content.read_exactly(0, 1)[0] & 3):
            rotated = True
            width, height = (height, width) if quarter_turns % 2 else (width, height)
    second_picture = "It is a sequence of images." if brands[0] in _SEQUENCE_BRANDS else None
    return Media(mime, width, height, rotated, second_picture=second_picture)


def _read_primary_item_id(meta: Window) -> int:
    pitm = require_child(meta, b"pitm")
    (item,) = pitm.unpack(">4xI" if pitm.read_exactly(0, 1)[0] else ">4xH")
    return int(item)


def _read_properties(meta: Window, item: int) -> Iterator[tuple[bytes, Window]]:
    """Yield an item's properties, in the order in which they apply."""
    iprp = require_child(meta, b"iprp")
    properties = list(iterate_boxes(require_child(iprp, b"ipco")))
    for ipma in iterate_children(iprp, b"ipma"):
        for index in _read_property_indexes(ipma, item):
            if 1 <= index <= len(properties):
                yield properties[index - 1]


def _read_property_indexes(ipma: Window, item: int) -> list[int]:
    """Return an item's indexes into the property container, from 1. The top bit marks essential
    properties and is removed."""
    version_flags, entries = ipma.unpack(">II")
    id_layout, id_size = (">IB", 5) if version_flags >> 24 else (">HB", 3)
    index_layout, index_size = (">H", 2) if version_flags & 1 else (">B", 1)
    mask = 0x7FFF if version_flags & 1 else 0x7F
    offset = 8
    for _ in range(entries):
        entry = ipma.subwindow(offset)
        found_id, count = entry.unpack(id_layout)
        if found_id == item:
            return [index & mask for (index,) in entry.unpack_rows(index_layout, id_size, count)]
        offset += id_size + count * index_size
    return []


def _compute_cropped_size(clap: Window, width: int, height: int) -> tuple[int, int]:
    """Return the size of the clean aperture: encoders pad odd sizes to even ones."""
    width_numerator, width_denominator, height_numerator, height_denominator = clap.unpack(">IIII")
    if width_denominator == 0 or height_denominator == 0:
        raise UnreadableMediaError("The picture's clean aperture has a denominator of zero.")
    return min(width, width_numerator // width_denominator), min(
        height, height_numerator // height_denominator
    )
