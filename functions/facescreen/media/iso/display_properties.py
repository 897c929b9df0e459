"""Checks the boxes that change how a decoded picture is displayed: crop, pixel shape, matrix, and
color. Readers that ignore them must still show the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.icc.profile import iterate_profile_findings
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

MIN_CROPPED_SHARE = 7 / 8
"""The share of each side that a crop must leave: encoders crop what they padded."""

MAX_PADDING_PX = 64
"""What a crop may remove of a side in any case: the largest block that encoders pad to."""

MAX_STRETCH = 2
"""How many times wider or higher a picture may be displayed than it is stored. Anamorphic video has
up to 1.5."""

_ORDINARY_TRANSFERS = frozenset({1, 2, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 18})
"""Camera and display curves of ITU-T H.273, unspecified included. Linear, logarithmic and reserved
ones are not among them: they brighten what other readers show as black."""

_ORDINARY_PRIMARIES = frozenset({1, 2, 4, 5, 6, 7, 9, 11, 12, 22})
"""Rec. 709 and its predecessors, unspecified, Rec. 2020 and P3."""

_CODEC_CONFIGURATIONS = frozenset(
    {b"avcC", b"hvcC", b"av1C", b"vpcC", b"vvcC", b"evcC", b"esds", b"glbl", b"d263", b"jpgC"}
)

_MIN_TURN_RATIO = 50
"""How much larger the numbers of a turn by quarters are than the others, which writers round."""

_FIXED_ONE, _MATRIX_W_ONE = 1 << 16, 1 << 30


def iterate_findings(
    properties: dict[bytes, list[Window]], width: int, height: int
) -> Iterator[str]:
    """Yield a sentence about each property that makes a picture of this stored size look different
    in different readers."""
    if sum(len(properties.get(kind, ())) for kind in _CODEC_CONFIGURATIONS) > 1:
        yield "It has two configurations of its decoder."
    crops, shapes = properties.get(b"clap", []), properties.get(b"pasp", [])
    if len(crops) > 1 or not all(is_crop_small(clap, width, height) for clap in crops):
        yield "It is cropped, and readers that ignore that show more."
    if len(shapes) > 1 or not all(map(is_pixel_shape_ordinary, shapes)):
        yield "Its pixels are stretched, which not all readers do."
    yield from _iterate_color_findings(properties.get(b"colr", []))
    for gamma in properties.get(b"gama", []):
        if not color.is_ordinary_gamma(gamma.unpack(">I")[0] / _FIXED_ONE):
            yield "Its gamma changes the picture, in programs that use it."


def read_crop(clap: Window, width: int, height: int) -> tuple[int, int]:
    """Return the size of the clean aperture: encoders pad odd sizes to even ones."""
    width_numerator, width_denominator, height_numerator, height_denominator = clap.unpack(">IIII")
    if width_denominator == 0 or height_denominator == 0:
        raise UnreadableMediaError("The picture's clean aperture has a denominator of zero.")
    return min(width, width_numerator // width_denominator), min(
        height, height_numerator // height_denominator
    )


def is_crop_small(clap: Window, width: int, height: int) -> bool:
    """Return whether a crop leaves nearly all of the picture, in its place."""
    sides = zip((width, height), read_crop(clap, width, height), strict=True)
    offsets = clap.unpack(">iIiI", 16)
    centred = zip(offsets[::2], offsets[1::2], strict=True)
    return all(_is_padding(side, cropped) for side, cropped in sides) and all(
        denominator and abs(offset) <= MAX_PADDING_PX * denominator
        for offset, denominator in centred
    )


def _is_padding(side: int, cropped: int) -> bool:
    return cropped >= side * MIN_CROPPED_SHARE or side - cropped < MAX_PADDING_PX


def is_pixel_shape_ordinary(pasp: Window) -> bool:
    """Return whether pixels are about as wide as high."""
    return is_stretch_small(*pasp.unpack(">II"))


def is_stretch_small(width: float, height: float) -> bool:
    """Return whether neither of two lengths is more than MAX_STRETCH times the other."""
    return 0 < width <= height * MAX_STRETCH and 0 < height <= width * MAX_STRETCH


def is_matrix_ordinary(matrix: tuple[int, ...]) -> bool:
    """Return whether a matrix of nine numbers turns by quarters, mirrors, moves, or scales both
    sides alike. Without a turn and a scale it is no matrix."""
    a, b, u, c, d, v, _, _, w = matrix
    if not any((a, b, c, d)):
        return True
    kept, crossed = sorted(((a, d), (b, c)), key=lambda pair: -abs(pair[0]))
    return (
        is_stretch_small(*map(abs, kept))
        and max(map(abs, crossed)) * _MIN_TURN_RATIO <= min(map(abs, kept))
        and u == v == 0
        and w in (0, _FIXED_ONE, _MATRIX_W_ONE)
    )


def _iterate_color_findings(descriptions: list[Window]) -> Iterator[str]:
    """Check descriptions of colors: at most one profile, and one list of code points."""
    kinds = [description.read_exactly(0, 4) for description in descriptions]
    if len(set(kinds)) < len(kinds):
        yield "It has two descriptions of its colors."
    for kind, description in zip(kinds, descriptions, strict=True):
        if kind in (b"prof", b"rICC"):
            yield from iterate_profile_findings(description.subwindow(4))
        elif kind in (b"nclx", b"nclc"):
            primaries, transfer = description.unpack(">HH", 4)
            if primaries not in _ORDINARY_PRIMARIES or transfer not in _ORDINARY_TRANSFERS:
                yield "Its color description changes the picture, in programs that use it."
