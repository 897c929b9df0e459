"""PNG (W3C, third edition): the header, and of what precedes the picture, animation and EXIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import exif
from facescreen.media.media import Media, UnreadableMediaError, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_SIGNATURE_SIZE = 8
_CHECKSUM_SIZE = 4


def read(window: Window) -> Media:
    """An eXIf chunk behind the picture is not looked for."""
    chunks = _chunks(window)
    kind, header = next(chunks, (b"", window))
    if kind != b"IHDR":
        raise UnreadableMediaError("The PNG does not begin with its header.")
    width, height = header.unpack(">II")
    orientation = frames = 1
    for kind, chunk in chunks:
        if kind == b"acTL":
            (frames,) = chunk.unpack(">I")
        elif kind == b"eXIf":
            orientation = exif.orientation(chunk)
    return image("image/png", width, height, orientation=orientation, frames=max(frames, 1))


def _chunks(window: Window) -> Iterator[tuple[bytes, Window]]:
    """Type and content of each chunk up to the compressed picture."""
    at = _SIGNATURE_SIZE
    while True:
        size, kind = window.unpack(">I4s", at)
        if kind == b"IDAT":
            return
        yield kind, window.part(at + 8, size)
        at += 8 + size + _CHECKSUM_SIZE
