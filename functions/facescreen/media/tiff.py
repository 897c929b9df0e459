"""TIFF 6.0, section 2: the first image file directory, which EXIF has as well."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from facescreen.media.media import Media, UnreadableMediaError, image

if TYPE_CHECKING:
    from facescreen.media.reader import Window

WIDTH, HEIGHT, ORIENTATION = 256, 257, 274

_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_VALUES = {3: "H2x", 4: "I"}
"""SHORT and LONG; fields of other types say nothing here."""


def directory(window: Window) -> dict[int, int]:
    """The first directory's tags that hold one number."""
    order = _BYTE_ORDERS.get(window.take(0, 4))
    if order is None:
        raise UnreadableMediaError("The TIFF structure names no byte order.")
    (at,) = window.unpack(order + "I", 4)
    (count,) = window.unpack(order + "H", at)
    return {
        tag: struct.unpack(order + _VALUES[kind], value)[0]
        for tag, kind, number, value in window.rows(order + "HHI4s", at + 2, count)
        if kind in _VALUES and number == 1
    }


def read(window: Window) -> Media:
    """The first page, the one that is displayed; the others are not counted."""
    tags = directory(window)
    return image(
        "image/tiff",
        tags.get(WIDTH, 0),
        tags.get(HEIGHT, 0),
        orientation=tags.get(ORIENTATION, 1),
        frames=None,
    )
