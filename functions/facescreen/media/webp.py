"""Reads WebP (RFC 9649): the simple lossy and lossless formats, and the extended one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.exif.orientation import Orientations
from facescreen.media.icc.profile import iterate_profile_findings
from facescreen.media.media import Media, UnreadableMediaError, build_image_media
from facescreen.media.one_picture import find_second_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_FIRST_CHUNK_OFFSET = 12
_CHUNK_HEADER_SIZE = 8
_ANIMATION_FLAG, _EXIF_FLAG = 0x02, 0x08
_LOSSLESS_ALPHA_BIT = 1 << 28

_PICTURE_CHUNKS = (b"VP8 ", b"VP8L")
_ANIMATION_CHUNKS = frozenset({b"ANIM", b"ANMF"})
_MAX_XMP_BYTES = 4 * 1024 * 1024


def read_webp(window: Window) -> Media:
    """Read the first chunk, which has the format and the size, and the metadata after the
    picture."""
    kind = window.read_exactly(_FIRST_CHUNK_OFFSET, 4)
    read_size = _SIZE_READERS_BY_CHUNK.get(kind)
    if read_size is None:
        raise UnreadableMediaError("The WebP does not begin with a picture.")
    width, height = read_size(window.subwindow(_FIRST_CHUNK_OFFSET + _CHUNK_HEADER_SIZE))
    orientations = Orientations()
    if kind == b"VP8X":
        for kind, chunk in _iterate_chunks(window):
            if kind == b"EXIF":
                orientations.add_exif(chunk)
            elif kind == b"XMP ":
                orientations.add_xmp(chunk.read_up_to(0, _MAX_XMP_BYTES))
    second_picture = find_second_picture(window, _iterate_findings)
    return build_image_media(
        "image/webp",
        width,
        height,
        orientation=orientations.value,
        second_picture=second_picture or orientations.second_picture,
    )


def _read_lossy_size(chunk: Window) -> tuple[int, int]:
    start_code, width, height = chunk.unpack("<3sHH", 3)
    if start_code != b"\x9d\x01\x2a":
        raise UnreadableMediaError("The WebP's picture does not begin like VP8.")
    # The upper two bits of each request scaling, which players ignore.
    return width & 0x3FFF, height & 0x3FFF


def _read_lossless_size(chunk: Window) -> tuple[int, int]:
    signature, sizes = chunk.unpack("<BI")
    if signature != 0x2F:
        raise UnreadableMediaError("The WebP's picture does not begin like lossless VP8.")
    return 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF)


def _read_canvas_size(chunk: Window) -> tuple[int, int]:
    width, height = chunk.unpack("<3s3s", 4)
    return 1 + int.from_bytes(width, "little"), 1 + int.from_bytes(height, "little")


_SIZE_READERS_BY_CHUNK = {
    b"VP8 ": _read_lossy_size,
    b"VP8L": _read_lossless_size,
    b"VP8X": _read_canvas_size,
}


def _iterate_chunks(window: Window) -> Iterator[tuple[bytes, Window]]:
    """Yield the chunks, also behind the end that the file announces, up to its true end, or to
    something that is no chunk there."""
    (announced_size,) = window.unpack("<I", 4)
    offset = _FIRST_CHUNK_OFFSET
    while window.size - offset >= _CHUNK_HEADER_SIZE:
        kind, size = window.unpack("<4sI", offset)
        if not kind.isascii() and offset >= announced_size + 8:
            return
        start = offset + _CHUNK_HEADER_SIZE
        yield kind, window.subwindow(start, min(size, window.size - start))
        offset = start + size + size % 2


def _iterate_findings(window: Window) -> Iterator[str]:
    chunks = list(_iterate_chunks(window))
    kinds = [kind for kind, _ in chunks]
    pictures = [(kind, chunk) for kind, chunk in chunks if kind in _PICTURE_CHUNKS]
    if not _ANIMATION_CHUNKS.isdisjoint(kinds):
        yield "It is an animation."
    if kinds[0] == b"VP8X":
        yield from _check_flags(chunks)
    if len(pictures) != 1 or kinds.count(b"VP8X") > 1:
        yield "It contains more than one picture, or none where all programs look for it."
    if kinds.count(b"ICCP") > 1:
        yield "It has several color profiles, of which programs choose different ones."
    if b"ALPH" in kinds or any(_has_alpha(kind, chunk) for kind, chunk in pictures):
        yield "Parts of it are transparent, so that it looks different on each background."
    for kind, chunk in chunks:
        if kind == b"ICCP":
            yield from iterate_profile_findings(chunk)


def _check_flags(chunks: list[tuple[bytes, Window]]) -> Iterator[str]:
    (flags,) = chunks[0][1].unpack("B")
    if flags & _ANIMATION_FLAG:
        yield "It is an animation."
    canvas = _read_canvas_size(chunks[0][1])
    for kind, chunk in chunks:
        if kind in _PICTURE_CHUNKS and _SIZE_READERS_BY_CHUNK[kind](chunk) != canvas:
            yield "Its picture does not cover the same area in all programs."
        if kind == b"EXIF" and not flags & _EXIF_FLAG:
            orientations = Orientations()
            orientations.add_exif(chunk)
            if orientations.value != 1:
                yield "Only some programs turn it: its EXIF is not announced."


def _has_alpha(kind: bytes, picture: Window) -> bool:
    """Return whether a lossless picture says that it has transparent pixels: encoders look at
    them."""
    if kind != b"VP8L":
        return False
    (sizes,) = picture.unpack("<xI")
    return bool(sizes & _LOSSLESS_ALPHA_BIT)
