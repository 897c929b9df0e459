"""Looks at the pixels of a PNG, where only they tell whether all readers show the same picture:
transparent pixels, and the parts that Apple's decoder reads on their own.

A transparent pixel shows what is behind it, which differs between readers: a page, white, black, or
the color that the pixel has without its transparency. With it, a file can show one face on white
and another one on black. Phones and browsers write screenshots with an alpha channel in which every
pixel is opaque, so only the pixels tell.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media.media import UnreadableMediaError
from facescreen.media.palette import UNKNOWN_COLORS_MESSAGE, Palette
from facescreen.media.png.palette import has_unknown_colors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

MAX_PIXEL_BYTES = 96 * 1024 * 1024
"""Of a picture that has to be decompressed: a screenshot of 25 million pixels."""
_MAX_ROWS = 60_000

_OUTPUT_STEP_BYTES = 1024 * 1024
_OPAQUE = 0xFF
_PALETTE, _GREY_WITH_ALPHA, _COLOR_WITH_ALPHA = 3, 4, 6
_SAMPLES_BY_COLOR_TYPE = {0: 1, 2: 3, _PALETTE: 1, _GREY_WITH_ALPHA: 2, _COLOR_WITH_ALPHA: 4}
_TRANSPARENT = "Parts of it are transparent, so that it looks different on each background."
_TOO_LARGE = "It has too many pixels to check whether it is transparent."
_DAMAGED = "It is damaged, so that programs show different parts of it."
_SPLIT = "It is split in a way that makes Apple's programs show another picture."

_SPLIT_LAYOUT = struct.Struct(">7I")
_FILTERS_OF_ONE_ROW = (0, 1)

_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Adam7: the first column and row, and the steps between columns and rows."""


@dataclass(frozen=True)
class Chunk:
    """A chunk: its type, the offset of its header in the file, and its content."""

    kind: bytes
    offset: int
    content: Window


@dataclass(frozen=True)
class Header:
    """The fields of IHDR."""

    width: int
    height: int
    bit_depth: int
    color_type: int
    is_interlaced: bool

    @property
    def pixel_bits(self) -> int:
        """The bits of one pixel; 0 for an unknown color type."""
        return self.bit_depth * _SAMPLES_BY_COLOR_TYPE.get(self.color_type, 0)

    def compute_row_bytes(self, width: int) -> int:
        """Return the bytes of one row, with the byte before it that names its filter."""
        return 1 + (width * self.pixel_bits + 7) // 8

    def list_passes(self) -> list[tuple[int, int]]:
        """Return width and height of each reduced picture that the pixels are stored in."""
        if not self.is_interlaced:
            return [(self.width, self.height)]
        sizes = [
            (-((x - self.width) // across), -((y - self.height) // down))
            for x, y, across, down in _PASSES
        ]
        return [(width, height) for width, height in sizes if width > 0 and height > 0]


def read_header(content: Window) -> Header:
    """Read IHDR. Raises UnreadableMediaError."""
    width, height, bit_depth, color_type, interlacing = content.unpack(">IIBB2xB")
    if width < 1 or height < 1:
        raise UnreadableMediaError("The picture has no width or no height.")
    return Header(width, height, bit_depth, color_type, bool(interlacing))


def iterate_findings(header: Header, chunks: list[Chunk]) -> Iterator[str]:
    """Yield a sentence if the pixels make readers show different pictures."""
    if any(_is_transparent(header, chunk) for chunk in chunks if chunk.kind == b"tRNS"):
        yield _TRANSPARENT
    has_alpha = header.color_type in (_GREY_WITH_ALPHA, _COLOR_WITH_ALPHA)
    splits = [chunk for chunk in chunks if chunk.kind == b"iDOT"]
    palette = _find_short_palette(header, chunks)
    if not has_alpha and not splits and palette is None:
        return
    if not _is_small_enough(header):
        yield _TOO_LARGE
        return
    data = [chunk for chunk in chunks if chunk.kind == b"IDAT"]
    try:
        if palette is not None and has_unknown_colors(
            palette, _iterate_rows(header, data), header.list_passes()
        ):
            yield UNKNOWN_COLORS_MESSAGE
        if has_alpha and not _is_opaque(header, data):
            yield _TRANSPARENT
        if splits and not (len(splits) == 1 and _is_sound_split(header, splits[0], data)):
            yield _SPLIT
    except zlib.error:
        yield _DAMAGED


def _find_short_palette(header: Header, chunks: list[Chunk]) -> Palette | None:
    """Return the palette if it has fewer colors than the pixels can name."""
    if header.color_type != _PALETTE or header.bit_depth not in (1, 2, 4, 8):
        return None
    colors = sum(chunk.content.size // 3 for chunk in chunks if chunk.kind == b"PLTE")
    return Palette(header.bit_depth, colors) if colors < 1 << header.bit_depth else None


def _is_transparent(header: Header, transparency: Chunk) -> bool:
    """Return whether a tRNS chunk makes a color transparent: a palette's colors may all be
    opaque."""
    alphas = transparency.content.read_up_to(0, 256)
    return header.color_type != _PALETTE or alphas.count(_OPAQUE) < len(alphas)


def _is_small_enough(header: Header) -> bool:
    passes = header.list_passes()
    total = sum(header.compute_row_bytes(width) * height for width, height in passes)
    rows = sum(height for _, height in passes)
    return header.pixel_bits > 0 and total <= MAX_PIXEL_BYTES and rows <= _MAX_ROWS


def _is_opaque(header: Header, data: list[Chunk]) -> bool:
    """Return whether all rows are there, and all pixels are opaque.

    The alpha channel is filtered apart from the others, and if all of it is opaque, each filter
    leaves the same bytes in every row. So rows need not be unfiltered.
    """
    if header.bit_depth not in (8, 16):
        return False
    pixel_bytes = header.pixel_bits // 8
    alpha_bytes = header.bit_depth // 8
    rows = _iterate_rows(header, data)
    for width, height in header.list_passes():
        first_row, next_rows = _list_opaque_rows(width)
        expected = first_row
        for _ in range(height):
            row = next(rows, b"\xff")
            opaque = expected.get(row[0])
            if opaque is None:
                return False
            for offset in range(pixel_bytes - alpha_bytes + 1, pixel_bytes + 1):
                if row[offset::pixel_bytes] != opaque:
                    return False
            expected = next_rows
    return True


def _list_opaque_rows(width: int) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Return what each filter makes of a row of opaque alpha: of the first row, above which there
    are zeros, and of the next ones."""
    opaque, zeros, rest = b"\xff" * width, bytes(width), width - 1
    after_opaque = b"\xff" + bytes(rest)
    first_row = {
        0: opaque,
        1: after_opaque,
        2: opaque,
        3: b"\xff" + b"\x80" * rest,
        4: after_opaque,
    }
    next_rows = {0: opaque, 1: after_opaque, 2: zeros, 3: b"\x80" + bytes(rest), 4: zeros}
    return first_row, next_rows


def _iterate_rows(header: Header, data: list[Chunk]) -> Iterator[bytes]:
    """Yield the rows of all passes, each with the byte of its filter."""
    pieces = _inflate(data)
    piece, offset = b"", 0
    for width, height in header.list_passes():
        size = header.compute_row_bytes(width)
        for _ in range(height):
            while len(piece) - offset < size:
                more = next(pieces, None)
                if more is None:
                    return
                piece, offset = piece[offset:] + more, 0
            yield piece[offset : offset + size]
            offset += size


def _inflate(data: list[Chunk], *, is_raw: bool = False) -> Iterator[bytes]:
    """Yield the decompressed picture in pieces; `is_raw`: from a part without zlib's header. Raises
    zlib.error."""
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS)
    for chunk in data:
        compressed = chunk.content.read_exactly(0, chunk.content.size)
        while compressed and not decompressor.eof:
            yield decompressor.decompress(compressed, _OUTPUT_STEP_BYTES)
            compressed = decompressor.unconsumed_tail
    yield decompressor.flush()


def _is_sound_split(header: Header, split: Chunk, data: list[Chunk]) -> bool:
    """Return whether the two parts that iDOT lists, which Apple's decoder reads in parallel, are
    the upper and the lower part of the picture that others read.

    The chunk has the number of parts, then the first row, the number of rows, and the offset of
    each. The lower part begins a chunk, and must decompress without the upper part to the rows that
    follow it.
    """
    if split.content.size != _SPLIT_LAYOUT.size or header.is_interlaced:
        return False
    fields = _SPLIT_LAYOUT.unpack(split.content.read_exactly(0, _SPLIT_LAYOUT.size))
    parts, first_row, upper_rows, upper_offset, lower_row, lower_rows, lower_offset = fields
    offsets = [chunk.offset - split.offset for chunk in data]
    if (parts, first_row, upper_offset) != (2, 0, offsets[0]) or lower_offset not in offsets:
        return False
    if lower_row != upper_rows or upper_rows + lower_rows != header.height:
        return False
    upper_bytes = upper_rows * header.compute_row_bytes(header.width)
    lower_data = data[offsets.index(lower_offset) :]
    upper_data = data[: offsets.index(lower_offset)]
    if sum(map(len, _inflate(upper_data))) != upper_bytes:
        return False
    lower_part = _hash_pieces(_inflate(lower_data, is_raw=True))
    return lower_part is not None and lower_part == _hash_pieces(_inflate(data), upper_bytes)


def _hash_pieces(pieces: Iterator[bytes], skip: int = 0) -> bytes | None:
    """Return the SHA-256 of what follows the first `skip` bytes; None if that begins with a row
    whose filter uses the row above it."""
    digest = hashlib.sha256()
    filter_of_first_row = None
    for piece in pieces:
        rest = piece[skip:]
        skip -= min(skip, len(piece))
        digest.update(rest)
        if filter_of_first_row is None and rest:
            filter_of_first_row = rest[0]
    return digest.digest() if filter_of_first_row in _FILTERS_OF_ONE_ROW else None
