"""WebP (RFC 9649): the simple lossy and lossless forms, and the extended one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import exif
from facescreen.media.media import Media, UnreadableMediaError, image

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_FIRST_CHUNK = 12
_ANIMATION, _EXIF = 0x02, 0x08


def read(window: Window) -> Media:
    """The first chunk tells the form and the size."""
    (kind,) = window.unpack("4s", _FIRST_CHUNK)
    read_form = _FORMS.get(kind)
    if read_form is None:
        raise UnreadableMediaError("The WebP begins with no picture.")
    return read_form(window)


def _lossy(window: Window) -> Media:
    start_code, width, height = window.unpack("<3sHH", _FIRST_CHUNK + 11)
    if start_code != b"\x9d\x01\x2a":
        raise UnreadableMediaError("The WebP's picture does not begin as VP8 does.")
    # The upper two bits of each ask for scaling, which players ignore.
    return image("image/webp", width & 0x3FFF, height & 0x3FFF)


def _lossless(window: Window) -> Media:
    signature, sizes = window.unpack("<BI", _FIRST_CHUNK + 8)
    if signature != 0x2F:
        raise UnreadableMediaError("The WebP's picture does not begin as lossless VP8 does.")
    return image("image/webp", 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF))


def _extended(window: Window) -> Media:
    flags, width, height = window.unpack("<B3x3s3s", _FIRST_CHUNK + 8)
    return image(
        "image/webp",
        1 + int.from_bytes(width, "little"),
        1 + int.from_bytes(height, "little"),
        orientation=_orientation(window) if flags & _EXIF else 1,
        frames=2 if flags & _ANIMATION else 1,
    )


def _orientation(window: Window) -> int:
    """The EXIF chunk stands behind the picture."""
    at = _FIRST_CHUNK
    while window.size - at >= 8:
        kind, size = window.unpack("<4sI", at)
        chunk = window.part(at + 8, size)
        if kind == b"EXIF":
            return exif.orientation(chunk)
        at += 8 + size + size % 2
    return 1


_FORMS = {b"VP8 ": _lossy, b"VP8L": _lossless, b"VP8X": _extended}
