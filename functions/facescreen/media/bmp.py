"""Reads BMP: OS/2's short header and all of Windows' longer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.icc.profile import iterate_profile_findings
from facescreen.media.media import Media, UnreadableMediaError, build_image_media
from facescreen.media.one_picture import find_second_picture
from facescreen.media.palette import UNKNOWN_COLORS_MESSAGE, Palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_FILE_HEADER_SIZE = 14
_SHORT_HEADER_SIZE = 12
_WINDOWS_HEADER_SIZE = 40
_ALPHA_HEADER_SIZE = 56
"""From this size on, the header contains the mask of the alpha channel."""
_COLOR_HEADER_SIZE = 108
_MAX_HEADER_SIZE = 124

_UNCOMPRESSED, _BIT_FIELDS, _ALPHA_BIT_FIELDS = 0, 3, 6
_MASKS_SIZES = {_BIT_FIELDS: 12, _ALPHA_BIT_FIELDS: 16}
"""Of masks behind a header of 40 bytes."""
_ALPHA_IN_LAST_BYTE = 0xFF000000
_MAX_GAP_BYTES = 4096
"""Between the headers and the pixels: some programs take the gap for pixels."""
_MISPLACED = "Its pixels are in a place where not all programs find them."
_CALIBRATED, _LINKED_PROFILE, _EMBEDDED_PROFILE = bytes(4), b"KNIL", b"DEBM"
_GAMMA_SCALE, _ENDPOINT_SCALE = 1 << 16, 1 << 30


def read_bmp(window: Window) -> Media:
    """Read the size. A negative height means that the rows are stored top-down."""
    (header_size,) = window.unpack("<I", _FILE_HEADER_SIZE)
    if not _SHORT_HEADER_SIZE <= header_size <= _MAX_HEADER_SIZE:
        raise UnreadableMediaError("The BMP's header has an unknown size.")
    layout = "<HH" if header_size == _SHORT_HEADER_SIZE else "<ii"
    width, height = window.unpack(layout, _FILE_HEADER_SIZE + 4)
    second_picture = find_second_picture(window, _iterate_findings)
    return build_image_media("image/bmp", width, abs(height), second_picture=second_picture)


def _iterate_findings(window: Window) -> Iterator[str]:
    header = window.subwindow(_FILE_HEADER_SIZE)
    (header_size,) = header.unpack("<I")
    if header_size < _WINDOWS_HEADER_SIZE:
        # OS/2's headers have neither masks nor colors; only the short one is common.
        if header_size != _SHORT_HEADER_SIZE:
            yield "It has a header that only some programs understand."
        elif not _has_short_layout(window, header):
            yield _MISPLACED
        return
    bits, compression = header.unpack("<HI", 14)
    if compression not in (_UNCOMPRESSED, _BIT_FIELDS, _ALPHA_BIT_FIELDS):
        yield "It is compressed in a way that programs read differently."
    yield from _check_place(window, header, bits, compression)
    yield from _check_palette(window, header, bits)
    yield from _check_alpha(window, header, bits, compression)
    if header_size >= _COLOR_HEADER_SIZE:
        yield from _check_color(header, header_size)


def _has_short_layout(window: Window, header: Window) -> bool:
    """Return whether the pixels follow OS/2's short header and all colors of its palette."""
    (offset,), (bits,) = window.unpack("<I", 10), header.unpack("<H", 10)
    colors = 1 << bits if bits <= 8 else 0
    gap: int = offset - (_FILE_HEADER_SIZE + _SHORT_HEADER_SIZE + 3 * colors)
    return 0 <= gap <= _MAX_GAP_BYTES


def _check_place(window: Window, header: Window, bits: int, compression: int) -> Iterator[str]:
    """Check that the pixels follow the headers: not all programs look where they are."""
    (offset,) = window.unpack("<I", 10)
    (header_size,) = header.unpack("<I")
    (used_colors,) = header.unpack("<I", 32)
    colors = min(used_colors, 256) or (1 << bits if bits <= 8 else 0)
    masks = _MASKS_SIZES.get(compression, 0) if header_size == _WINDOWS_HEADER_SIZE else 0
    gap = offset - (_FILE_HEADER_SIZE + header_size + masks)
    if not 0 <= gap <= 4 * colors + _MAX_GAP_BYTES:
        yield _MISPLACED


def _check_palette(window: Window, header: Window, bits: int) -> Iterator[str]:
    """Check that all colors are there: programs choose different ones for those that are not."""
    if bits > 8:
        return
    (offset,) = window.unpack("<I", 10)
    (header_size,) = header.unpack("<I")
    (used_colors,) = header.unpack("<I", 32)
    colors = used_colors or 1 << bits
    if offset < _FILE_HEADER_SIZE + header_size + 4 * min(colors, 1 << bits):
        yield "Its colors end early, so that programs choose different ones."
    if not _has_all_colors(window, header, Palette(bits, colors)):
        yield UNKNOWN_COLORS_MESSAGE


def _has_all_colors(window: Window, header: Window, palette: Palette) -> bool:
    """Return whether all pixels name colors of the palette. Rows are padded to four bytes."""
    (offset,) = window.unpack("<I", 10)
    width, height = header.unpack("<ii", 4)
    if palette.bits not in (1, 2, 4, 8) or width < 1:
        return False
    row_bytes = (width * palette.bits + 31) // 32 * 4
    content = window.read_up_to(offset, abs(height) * row_bytes)
    rows = (content[start : start + row_bytes] for start in range(0, len(content), row_bytes))
    return palette.colors >= 1 << palette.bits or all(
        palette.has_all_colors_of(row, width) for row in rows
    )


def _check_alpha(window: Window, header: Window, bits: int, compression: int) -> Iterator[str]:
    """Check that no pixel is transparent: the fourth byte of a pixel is ignored or used."""
    (header_size,) = header.unpack("<I")
    has_mask = header_size >= _ALPHA_HEADER_SIZE or compression == _ALPHA_BIT_FIELDS
    (mask,) = header.unpack("<I", 52) if has_mask else (0,)
    if bits != 32 and mask == 0:
        return
    (offset,) = window.unpack("<I", 10)
    width, height = header.unpack("<ii", 4)
    end = min(offset + 4 * abs(width * height), window.size)
    alphas = set(window.read_exactly(offset, max(0, end - offset))[3::4])
    is_opaque = alphas <= {0xFF} or (alphas == {0} and mask == 0)
    if bits != 32 or mask not in (0, _ALPHA_IN_LAST_BYTE) or not is_opaque:
        yield "Parts of it are transparent, in programs that use its fourth channel."


def _check_color(header: Window, header_size: int) -> Iterator[str]:
    space = header.read_exactly(56, 4)
    if space == _LINKED_PROFILE:
        yield "Its color profile is not in the file."
    elif space == _EMBEDDED_PROFILE and header_size == _MAX_HEADER_SIZE:
        offset, size = header.unpack("<II", 112)
        yield from iterate_profile_findings(header.subwindow(offset, size))
    elif space == _CALIBRATED and any(header.read_exactly(60, 48)):
        columns = [
            [value / _ENDPOINT_SCALE for value in header.unpack("<3i", 60 + 12 * index)]
            for index in range(3)
        ]
        gammas = [value / _GAMMA_SCALE for value in header.unpack("<3I", 96)]
        if not color.are_ordinary_primaries(columns) or not all(map(_is_ordinary_gamma, gammas)):
            yield "Its description of colors changes the picture, in programs that use it."


def _is_ordinary_gamma(gamma: float) -> bool:
    """Return whether a gamma is ordinary; some programs write it, others its reciprocal."""
    return gamma > 0 and any(map(color.is_ordinary_gamma, (gamma, 1 / gamma)))
