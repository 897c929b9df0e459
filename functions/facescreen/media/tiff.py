"""Reads TIFF 6.0: the first page, and whether it is the only picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.exif.directory import Directory, Entry, read_directory
from facescreen.media.exif.orientation import Orientations
from facescreen.media.icc.profile import iterate_profile_findings
from facescreen.media.media import Media, build_image_media
from facescreen.media.one_picture import find_second_picture
from facescreen.media.palette import UNKNOWN_COLORS_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_WIDTH, _HEIGHT, _XMP, _PROFILE = 256, 257, 700, 34675
_BITS_PER_SAMPLE, _SAMPLES_PER_PIXEL = 258, 277
_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 254, 259, 262, 266
_COLOR_MAP = 320
_STRIPS, _TILES, _SUB_DIRECTORIES = 273, 324, 330
_TRANSFER_FUNCTION, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 301, 338, 339

_REDUCED = 1
"""The flag of a smaller version of another picture."""
_KNOWN_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 8, 32773, 32946})
"""None, CCITT, LZW, Deflate and PackBits. JPEG is not, because its contents are not checked."""
_BILEVEL_COMPRESSIONS = frozenset({2, 3, 4})
_RGB, _PALETTE = 2, 3
_KNOWN_PHOTOMETRICS = frozenset({0, 1, _RGB, _PALETTE})
"""Grey, RGB and a palette."""
_MAX_BITS = 16
_MAX_DIRECTORIES = 100
_MAX_XMP_BYTES = 4 * 1024 * 1024


def read_tiff(window: Window) -> Media:
    """Read the first page, which is the one displayed."""
    page = read_directory(window)
    orientations = Orientations()
    orientations.add_directory(page)
    for entry in page.find_all(_XMP)[:1]:
        orientations.add_xmp(page.read_bytes(entry, _MAX_XMP_BYTES))
    second_picture = find_second_picture(window, lambda _: _iterate_findings(window, page))
    return build_image_media(
        "image/tiff",
        _read_number(page, _WIDTH),
        _read_number(page, _HEIGHT),
        orientation=orientations.value,
        second_picture=second_picture or orientations.second_picture,
    )


def _read_number(page: Directory, tag: int, default: int = 0) -> int:
    return next(iter(page.read_numbers(tag)), default)


def _iterate_findings(window: Window, page: Directory) -> Iterator[str]:
    tags = [entry.tag for entry in page.entries]
    if len(set(tags)) < len(tags):
        yield "It has a field twice, of which programs choose different ones."
    yield from _check_other_pages(window, page)
    yield from _check_pixels(page, frozenset(tags))
    yield from _check_color(page)


def _check_other_pages(window: Window, page: Directory) -> Iterator[str]:
    """Check that all other pictures are smaller versions of the first one."""
    if _read_number(page, _SUBFILE_TYPE) & _REDUCED:
        yield "Its first picture is a preview, and the picture itself is another one."
    offsets = [page.next_offset, *page.read_numbers(_SUB_DIRECTORIES)]
    seen = 0
    if page.find_all(_SUB_DIRECTORIES) and len(offsets) == 1:
        yield "It contains other pictures, which could not be read."
    while offsets:
        offset = offsets.pop()
        if offset == 0:
            continue
        seen += 1
        other = read_directory(window, offset)
        is_smaller = _read_number(other, _WIDTH) < _read_number(page, _WIDTH)
        if (
            seen > _MAX_DIRECTORIES
            or not _read_number(other, _SUBFILE_TYPE) & _REDUCED
            or not is_smaller
        ):
            yield "It contains more than one picture."
            return
        offsets += [other.next_offset, *other.read_numbers(_SUB_DIRECTORIES)]


def _check_pixels(page: Directory, tags: frozenset[int]) -> Iterator[str]:
    compression = _read_number(page, _COMPRESSION, 1)
    photometric = _read_number(page, _PHOTOMETRIC, -1)
    if _STRIPS in tags and _TILES in tags:
        yield "It contains more than one picture: one in strips, and one in tiles."
    if compression not in _KNOWN_COMPRESSIONS or photometric not in _KNOWN_PHOTOMETRICS:
        yield "It is stored in a way that programs read differently."
    if photometric == _PALETTE and not _has_all_colors(page):
        yield UNKNOWN_COLORS_MESSAGE
    if _read_number(page, _FILL_ORDER, 1) != 1 and compression not in _BILEVEL_COMPRESSIONS:
        yield "Its bits are in an order that programs read differently."
    if any(number != 1 for number in page.read_numbers(_SAMPLE_FORMAT)):
        yield "Its pixels are numbers that programs read differently."
    samples = 3 if photometric == _RGB else 1
    if _EXTRA_SAMPLES in tags or _read_number(page, _SAMPLES_PER_PIXEL, 1) != samples:
        yield "Parts of it may be transparent, so that it looks different on each background."


def _has_all_colors(page: Directory) -> bool:
    """Return whether a palette has as many colors as the pixels can name, which TIFF requires."""
    bits = min(_read_number(page, _BITS_PER_SAMPLE, 1), _MAX_BITS)
    return [entry.length for entry in page.find_all(_COLOR_MAP)] == [3 << bits]


def _check_color(page: Directory) -> Iterator[str]:
    for entry in page.find_all(_PROFILE):
        yield from iterate_profile_findings(page.read_content(entry, entry.length))
    for entry in page.find_all(_TRANSFER_FUNCTION):
        if not _has_ordinary_curves(page, entry):
            yield "Its description of colors changes the picture, in programs that use it."


def _has_ordinary_curves(page: Directory, function: Entry) -> bool:
    """Return whether the curves are ordinary: one for all channels, or one for each of three."""
    size = 1 << min(_read_number(page, _BITS_PER_SAMPLE, 1), _MAX_BITS)
    values = color.unpack_table(page.read_bytes(function, 3 * 2 * size), page.order)
    curves = [values[start : start + size] for start in range(0, len(values), size)]
    return all(len(curve) == size and color.is_ordinary_table(curve, 0xFFFF) for curve in curves)
