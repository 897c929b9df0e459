"""Reads PNG (W3C, third edition): the header, and animation and EXIF chunks before the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import exif
from facescreen.media.media import Media, UnreadableMediaError, build_image_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_SIGNATURE_SIZE = 8
_CHECKSUM_SIZE = 4


def read(window: Window) -> Media:
    """Read the chunks before the picture. An eXIf chunk after it is ignored."""
    chunks = _iterate_chunks(window)
    kind, header = next(chunks, (b"", window))
    if kind != b"IHDR":
        raise UnreadableMediaError("The PNG does not begin with its header.")
    width, height = header.unpack(">II")
    orientation, second_picture = 1, None
    for kind, chunk in chunks:
        if kind == b"acTL":
            second_picture = "It is an animation."
        elif kind == b"eXIf":
            orientation = exif.read_orientation(chunk)
    return build_image_media(
        "image/png", width, height, orientation=orientation, second_picture=second_picture
    )


def _iterate_chunks(window: Window) -> Iterator[tuple[bytes, Window]]:
    """Yield the type and content of each chunk before the compressed picture."""
    offset = _SIGNATURE_SIZE
    while True:
        size, kind = window.unpack(">I4s", offset)
        if kind == b"IDAT":
            return
        yield kind, window.subwindow(offset + 8, size)
        offset += 8 + size + _CHECKSUM_SIZE
