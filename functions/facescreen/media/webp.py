"""Reads WebP (RFC 9649): the simple lossy and lossless formats, and the extended one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import exif
from facescreen.media.media import Media, UnreadableMediaError, build_image_media

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_FIRST_CHUNK_OFFSET = 12
_ANIMATION, _EXIF = 0x02, 0x08


def read(window: Window) -> Media:
    """Read the first chunk, which has the format and the size."""
    (kind,) = window.unpack("4s", _FIRST_CHUNK_OFFSET)
    read_format = _READERS_BY_CHUNK.get(kind)
    if read_format is None:
        raise UnreadableMediaError("The WebP does not begin with a picture.")
    return read_format(window)


def _read_lossy(window: Window) -> Media:
    start_code, width, height = window.unpack("<3sHH", _FIRST_CHUNK_OFFSET + 11)
    if start_code != b"\x9d\x01\x2a":
        raise UnreadableMediaError("The WebP's picture does not begin like VP8.")
    # The upper two bits of each request scaling, which players ignore.
    return build_image_media("image/webp", width & 0x3FFF, height & 0x3FFF)


def _read_lossless(window: Window) -> Media:
    signature, sizes = window.unpack("<BI", _FIRST_CHUNK_OFFSET + 8)
    if signature != 0x2F:
        raise UnreadableMediaError("The WebP's picture does not begin like lossless VP8.")
    return build_image_media("image/webp", 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF))


def _read_extended(window: Window) -> Media:
    flags, width, height = window.unpack("<B3x3s3s", _FIRST_CHUNK_OFFSET + 8)
    return build_image_media(
        "image/webp",
        1 + int.from_bytes(width, "little"),
        1 + int.from_bytes(height, "little"),
        orientation=_read_orientation(window) if flags & _EXIF else 1,
        second_picture="It is an animation." if flags & _ANIMATION else None,
    )


def _read_orientation(window: Window) -> int:
    """Read the EXIF chunk, which is after the picture."""
    offset = _FIRST_CHUNK_OFFSET
    while window.size - offset >= 8:
        kind, size = window.unpack("<4sI", offset)
        chunk = window.subwindow(offset + 8, size)
        if kind == b"EXIF":
            return exif.read_orientation(chunk)
        offset += 8 + size + size % 2
    return 1


_READERS_BY_CHUNK = {b"VP8 ": _read_lossy, b"VP8L": _read_lossless, b"VP8X": _read_extended}
