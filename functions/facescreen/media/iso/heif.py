"""Reads HEIC and AVIF (ISO/IEC 23008-12): the primary item's size, rotation and crop.

EXIF is ignored: the picture is rotated by properties of the item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso import display_properties, heif_items, heif_pictures
from facescreen.media.iso.boxes import require_child
from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.one_picture import find_second_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.iso.heif_items import Catalogue
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


def read_heif(window: Window, brands: list[bytes]) -> Media:
    """Read the primary item. It describes sequences too; their pictures are not counted."""
    mime = next((_TYPES_BY_BRAND[brand] for brand in brands if brand in _TYPES_BY_BRAND), None)
    if mime is None:
        raise UnreadableMediaError("The HEIF file is neither HEIC nor AVIF.")
    meta = require_child(window, b"meta").subwindow(4)
    width = height = 0
    rotated = False
    catalogue = heif_items.read_catalogue(meta)
    for kind, content in catalogue.get_properties(catalogue.primary):
        if kind == b"ispe":
            width, height = content.unpack(">4xII")
        elif kind == b"clap":
            width, height = display_properties.read_crop(content, width, height)
        elif kind == b"imir":
            rotated = True
        elif kind == b"irot" and (quarter_turns := content.read_exactly(0, 1)[0] & 3):
            rotated = True
            width, height = (height, width) if quarter_turns % 2 else (width, height)
    second_picture = find_second_picture(
        window, lambda file: _iterate_findings(file, meta, catalogue, brands)
    )
    return Media(mime, width, height, rotated, second_picture=second_picture)


def _iterate_findings(
    file: Window, meta: Window, catalogue: Catalogue, brands: list[bytes]
) -> Iterator[str]:
    if brands[0] in _SEQUENCE_BRANDS:
        yield "It is a sequence of images."
    yield from heif_pictures.iterate_findings(file, meta, catalogue)
