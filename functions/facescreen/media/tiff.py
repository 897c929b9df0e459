"""Reads TIFF 6.0, section 2: the first image file directory, which EXIF has as well."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, build_image_media

if TYPE_CHECKING:
    from facescreen.media.reader import Window

WIDTH, HEIGHT, ORIENTATION = 256, 257, 274

_BYTE_ORDERS_BY_HEADER = {b"II*\0": "<", b"MM\0*": ">"}
_LAYOUTS_BY_FIELD_TYPE = {3: "H2x", 4: "I"}
"""SHORT and LONG; fields of other types are not needed."""


def read_directory(window: Window) -> dict[int, int]:
    """Return the first directory's tags that have one number as their value."""
    order = _BYTE_ORDERS_BY_HEADER.get(window.read_exactly(0, 4))
    if order is None:
        raise UnreadableMediaError("The TIFF structure has no byte order.")
    (offset,) = window.unpack(order + "I", 4)
    (count,) = window.unpack(order + "H", offset)
    return {
        tag: struct.unpack(order + _LAYOUTS_BY_FIELD_TYPE[kind], value)[0]
        for tag, kind, number, value in window.unpack_rows(order + "HHI4s", offset + 2, count)
        if kind in _LAYOUTS_BY_FIELD_TYPE and number == 1
    }


def read(window: Window) -> Media:
    """Read the first page, which is the one displayed. The others are not counted."""
    tags = read_directory(window)
    return build_image_media(
        "image/tiff",
        tags.get(WIDTH, 0),
        tags.get(HEIGHT, 0),
        orientation=tags.get(ORIENTATION, 1),
    )
