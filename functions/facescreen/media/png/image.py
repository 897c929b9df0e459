"""Reads PNG (W3C, third edition): the header, and what else in the file changes the picture."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.exif.orientation import Orientations
from facescreen.media.icc.profile import MAX_PROFILE_BYTES, iterate_profile_findings
from facescreen.media.media import Media, UnreadableMediaError, build_image_media
from facescreen.media.one_picture import find_second_picture
from facescreen.media.png import pixels
from facescreen.media.png.pixels import Chunk
from facescreen.media.reader import TooComplexMediaError, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE_SIZE = 8
_CHECKSUM_SIZE = 4
_CHUNK_HEADER_SIZE = 8
_PALETTE_COLOR_TYPE = 3
_ANCILLARY_BIT = 0x20
"""The case of the first letter of a chunk's type."""

_ANIMATION_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})
_CRITICAL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_SINGLE_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"iDOT")
_TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_KEYWORDS = frozenset({_XMP_KEYWORD, b"Raw profile type exif", b"Raw profile type APP1"})
"""The last two are ImageMagick's way to store EXIF, as hexadecimal digits."""
_MAX_KEYWORD_BYTES = 80
_MAX_TEXT_BYTES = 1024 * 1024
_MAX_TEXTS = 16
_GAMMA_SCALE, _CHROMATICITY_SCALE = 100_000, 100_000


def read_png(window: Window) -> Media:
    """Read the chunks up to the end of the picture."""
    chunks = []
    width = height = 0
    orientations = Orientations()
    for chunk in _iterate_chunks(window):
        chunks.append(chunk)
        if chunk.kind == b"IHDR":
            width, height = chunk.content.unpack(">II")
        elif chunk.kind == b"eXIf":
            orientations.add_exif(chunk.content)
    for text in _find_texts(chunks):
        _add_text(orientations, text)
    second_picture = find_second_picture(window, lambda _: _iterate_findings(chunks))
    return build_image_media(
        "image/png",
        width,
        height,
        orientation=orientations.value,
        second_picture=second_picture or orientations.second_picture,
    )


def _iterate_chunks(window: Window) -> Iterator[Chunk]:
    """Yield the chunks up to the last one, or to the end of a file that is cut in or after its
    picture: readers show what there is."""
    offset = _SIGNATURE_SIZE
    kind, has_picture = b"", False
    while kind != b"IEND":
        if has_picture and window.size - offset < _CHUNK_HEADER_SIZE:
            return
        size, kind = window.unpack(">I4s", offset)
        if offset == _SIGNATURE_SIZE and kind != b"IHDR":
            raise UnreadableMediaError("The PNG does not begin with its header.")
        has_picture = has_picture or kind == b"IDAT"
        start = offset + _CHUNK_HEADER_SIZE
        available = min(size, window.size - start) if has_picture else size
        yield Chunk(kind, offset, window.subwindow(start, available))
        offset = start + size + _CHECKSUM_SIZE
    if not has_picture:
        raise UnreadableMediaError("The PNG contains no picture.")


def _find_texts(chunks: list[Chunk]) -> list[Chunk]:
    """Return the text chunks where some programs store XMP and EXIF."""
    texts = [
        chunk
        for chunk in chunks
        if chunk.kind in _TEXT_CHUNKS
        and chunk.content.read_up_to(0, _MAX_KEYWORD_BYTES).partition(b"\0")[0] in _KEYWORDS
    ]
    if len(texts) > _MAX_TEXTS:
        raise TooComplexMediaError(
            "The file is too complex: it has more than 16 parts of metadata."
        )
    return texts


def _add_text(orientations: Orientations, text: Chunk) -> None:
    """Add the orientation in a text chunk."""
    keyword, _, rest = text.content.read_up_to(0, _MAX_TEXT_BYTES).partition(b"\0")
    if keyword == _XMP_KEYWORD:
        orientations.add_xmp(_read_international_text(rest))
    else:
        digits = _inflate(rest[1:]) if text.kind == b"zTXt" else rest
        block = _parse_hexadecimal(digits)
        orientations.add_raw_exif(Window.of_bytes(block))


def _read_international_text(rest: bytes) -> bytes:
    """Return the text behind the keyword of an iTXt chunk: a flag and a method of compression, a
    language, and a translated keyword come before it."""
    is_compressed = rest[:1] == b"\1"
    text = rest[2:].split(b"\0", 2)[-1]
    return _inflate(text) if is_compressed else text


def _parse_hexadecimal(profile: bytes) -> bytes:
    """Return the bytes of a raw profile: a line each for its name and its length, then digits."""
    try:
        return bytes.fromhex(b"".join(profile.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return b""


def _inflate(compressed: bytes, max_bytes: int = _MAX_TEXT_BYTES) -> bytes:
    """Return the first bytes of compressed text; empty if it is damaged."""
    try:
        return zlib.decompressobj().decompress(compressed, max_bytes)
    except zlib.error:
        return b""


def _iterate_findings(chunks: list[Chunk]) -> Iterator[str]:
    header = pixels.read_header(chunks[0].content)
    yield from _check_structure(header, [chunk.kind for chunk in chunks])
    for chunk in chunks:
        yield from _check_color(chunk)
    yield from pixels.iterate_findings(header, chunks)


def _check_structure(header: pixels.Header, kinds: list[bytes]) -> Iterator[str]:
    if not _ANIMATION_CHUNKS.isdisjoint(kinds):
        yield "It is an animation, even if of one picture."
    if any(kinds.count(kind) > 1 for kind in _SINGLE_CHUNKS):
        yield "It has a part twice that should be there once."
    if b"CgBI" in kinds or any(_is_critical(kind) for kind in kinds):
        yield "It has parts that only some programs understand."
    first, count = kinds.index(b"IDAT"), kinds.count(b"IDAT")
    if kinds[first : first + count] != [b"IDAT"] * count:
        yield "Its picture is in several places."
    if header.color_type == _PALETTE_COLOR_TYPE and b"PLTE" not in kinds[:first]:
        yield "It has no colors before its picture, so that programs choose different ones."


def _is_critical(kind: bytes) -> bool:
    """Return whether a chunk is one that readers must understand, but don't."""
    return kind not in _CRITICAL_CHUNKS and not kind[0] & _ANCILLARY_BIT


def _check_color(chunk: Chunk) -> Iterator[str]:
    """Check what changes the picture's colors. Readers choose one of these chunks, and not all the
    same one, so that each has to be ordinary."""
    try:
        if chunk.kind == b"iCCP":
            yield from _check_profile(chunk.content)
        elif chunk.kind in _COLOR_CHECKS and not _COLOR_CHECKS[chunk.kind](chunk.content):
            yield "Its description of colors changes the picture, in programs that use it."
    except UnreadableMediaError:
        yield "Its description of colors is damaged, so that only some programs use it."


def _check_profile(content: Window) -> Iterator[str]:
    _, _, rest = content.read_up_to(0, content.size).partition(b"\0")
    profile = _inflate(rest[1:], MAX_PROFILE_BYTES + 1)
    if len(profile) > MAX_PROFILE_BYTES:
        yield "Its color profile is too long to check."
    yield from iterate_profile_findings(Window.of_bytes(profile))


def _has_ordinary_gamma(content: Window) -> bool:
    (gamma,) = content.unpack(">I")
    return gamma > 0 and color.is_ordinary_gamma(_GAMMA_SCALE / gamma)


def _has_ordinary_chromaticities(content: Window) -> bool:
    values = [value / _CHROMATICITY_SCALE for value in content.unpack(">8I")]
    white, red, green, blue = zip(values[::2], values[1::2], strict=True)
    return color.are_ordinary_chromaticities(white, red, green, blue)


def _has_ordinary_code_points(content: Window) -> bool:
    primaries, transfer, matrix, is_full_range = content.unpack("4B")
    return matrix == 0 and color.is_ordinary_cicp(
        primaries, transfer, is_full_range=is_full_range == 1
    )


_COLOR_CHECKS = {
    b"gAMA": _has_ordinary_gamma,
    b"cHRM": _has_ordinary_chromaticities,
    b"cICP": _has_ordinary_code_points,
}
