"""Which descriptions of colors are ordinary: with them and without them a file shows the same
picture.

Some readers apply a file's gamma, primaries or profile, others take every file for sRGB. What they
show differs a little for the descriptions of real cameras and screens, and can differ completely
for a forged one. The tolerance is on the brightness of each channel: over its whole range, the
value that a reader of the description shows may differ by MAX_DIFFERENCE of the range from what a
reader without it shows. Gammas from 1.5 to 3.2 are within it, and the curves of sRGB, Display P3,
Adobe RGB, ProPhoto, Rec. 709, Rec. 2020 and L*. Linear light, PQ and HLG are not.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_DIFFERENCE = 0.15
"""The tolerance: a part of the whole range, on sRGB's scale."""

_STEPS = 256
"""A curve is checked at these steps; 8-bit pictures have no values between."""

_MAX_TABLE_PARTS = 4096
_SATURATED_DIFFERENCE = 0.6
"""How much more the most saturated colors may differ in a lookup table."""

# The bounds of a matrix from a file's linear RGB to sRGB's. ProPhoto, the widest common space, has
# 2.04 on the diagonal and -0.74 beside it.
_DIAGONAL_BOUNDS = (0.5, 2.5)
_OTHER_BOUNDS = (-1.0, 0.45)
_WHITE_BOUNDS = (0.65, 1.5)
"""Of the sums of the rows: old profiles have white points other than D50."""

_XYZ_TO_LINEAR_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
"""From XYZ relative to D50, as in profiles."""

_ORDINARY_TRANSFERS = frozenset({1, 4, 6, 13, 14, 15})
"""Rec. 709, gamma 2.2, Rec. 601, sRGB, and Rec. 2020 twice (ITU-T H.273, table 3)."""
_ORDINARY_PRIMARIES = frozenset({1, 2, 4, 5, 6, 7, 9, 11, 12, 22})
"""Rec. 709 and its predecessors, unspecified, Rec. 2020, P3 (ITU-T H.273, table 2)."""


def is_ordinary_curve(decode: Callable[[float], float]) -> bool:
    """Return whether a curve from a stored value to linear light, both from 0 to 1, is within the
    tolerance."""
    return all(
        lowest <= decode(step / _STEPS) <= highest
        for step, (lowest, highest) in enumerate(_CURVE_BOUNDS)
    )


def is_ordinary_table(table: Sequence[int], maximum: int) -> bool:
    """Return whether a curve as a table of values of linear light, from 0 to `maximum`, is within
    the tolerance: between the values as well, and every value, not only those of the steps."""
    if len(table) < 2:
        return False
    return is_ordinary_curve(lambda value: interpolate(table, value) / maximum) and all(
        lowest * maximum <= min(values) and max(values) <= highest * maximum
        for values, lowest, highest in _split_table(table)
    )


def interpolate(table: Sequence[int], value: float) -> float:
    """Return the value of a table of at least two values, for 0 to 1."""
    value = min(max(value, 0.0), 1.0)
    position = value * (len(table) - 1)
    index = min(int(position), len(table) - 2)
    return table[index] + (table[index + 1] - table[index]) * (position - index)


def _split_table(table: Sequence[int]) -> Iterator[tuple[Sequence[int], float, float]]:
    """Yield parts of a table, with the bounds of their values: single values of a short one."""
    last = len(table) - 1
    parts = min(last, _MAX_TABLE_PARTS)
    for part in range(parts):
        start, end = part * last // parts, -(-(part + 1) * last // parts)
        yield (
            table[start : end + 1],
            _decode_srgb(start / last - MAX_DIFFERENCE),
            _decode_srgb(end / last + MAX_DIFFERENCE),
        )


def unpack_table(content: bytes, order: str) -> array[int]:
    """Return the 16-bit values of a table, in the byte order ``<`` or ``>``."""
    table = array("H", content[: len(content) // 2 * 2])
    if (sys.byteorder == "little") != (order == "<"):
        table.byteswap()
    return table


def is_ordinary_gamma(exponent: float) -> bool:
    """Return whether the exponent from a stored value to linear light is within the tolerance."""
    return exponent > 0 and is_ordinary_curve(lambda value: value**exponent)


def are_ordinary_primaries(columns: Sequence[Sequence[float]]) -> bool:
    """Return whether red, green and blue, as XYZ relative to D50, are what they are called, so that
    no channel takes another one's place, or disappears."""
    for row, weights in enumerate(_XYZ_TO_LINEAR_SRGB):
        values = [sum(w * v for w, v in zip(weights, column, strict=True)) for column in columns]
        if not _WHITE_BOUNDS[0] <= sum(values) <= _WHITE_BOUNDS[1]:
            return False
        for column, value in enumerate(values):
            lowest, highest = _DIAGONAL_BOUNDS if column == row else _OTHER_BOUNDS
            if not lowest <= value <= highest:
                return False
    return True


def are_ordinary_chromaticities(white: _Point, red: _Point, green: _Point, blue: _Point) -> bool:
    """Return whether primaries as CIE x and y, which are relative to their own white, are
    ordinary."""
    try:
        columns = _compute_columns(white, red, green, blue)
    except ZeroDivisionError:
        return False
    return are_ordinary_primaries(columns)


def is_ordinary_cicp(primaries: int, transfer: int, *, is_full_range: bool) -> bool:
    """Return whether coding-independent code points (ITU-T H.273) of RGB describe an ordinary
    space."""
    return primaries in _ORDINARY_PRIMARIES and transfer in _ORDINARY_TRANSFERS and is_full_range


def is_ordinary_color(stored: Sequence[float], xyz: Sequence[float]) -> bool:
    """Return whether a color as XYZ relative to D50 is what the stored RGB means in sRGB. Greys are
    within the tolerance; saturated colors differ more between ordinary spaces."""
    saturation = max(stored) - min(stored)
    for value, weights in zip(stored, _XYZ_TO_LINEAR_SRGB, strict=True):
        shown = _encode_srgb(sum(w * v for w, v in zip(weights, xyz, strict=True)))
        if abs(shown - value) > MAX_DIFFERENCE + _SATURATED_DIFFERENCE * saturation:
            return False
    return True


def _encode_srgb(linear: float) -> float:
    """Return the stored value of linear light, both from 0 to 1."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else float(1.055 * linear ** (1 / 2.4) - 0.055)


def _decode_srgb(value: float) -> float:
    """Return the linear light of a stored value; beyond 0 to 1, what no value is beyond."""
    if value <= 0:
        return float("-inf")
    if value >= 1:
        return float("inf")
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


_CURVE_BOUNDS = [
    (
        _decode_srgb(step / _STEPS - MAX_DIFFERENCE),
        _decode_srgb(step / _STEPS + MAX_DIFFERENCE),
    )
    for step in range(_STEPS + 1)
]

_Point = tuple[float, float]
_D50 = (0.9642, 1.0, 0.8249)


def _compute_columns(white: _Point, *primaries: _Point) -> list[list[float]]:
    """Return XYZ of each primary, scaled so that their sum is white, and then adapted to D50 by
    plain scaling: the bounds are wide enough for that."""
    white_xyz = _compute_xyz(white)
    directions = [_compute_xyz(point) for point in primaries]
    amounts = _solve(directions, white_xyz)
    return [
        [
            amount * value * adapted / of_white
            for value, adapted, of_white in zip(direction, _D50, white_xyz, strict=True)
        ]
        for amount, direction in zip(amounts, directions, strict=True)
    ]


def _compute_xyz(point: _Point) -> tuple[float, float, float]:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _solve(columns: Sequence[Sequence[float]], target: Sequence[float]) -> list[float]:
    """Solve three linear equations by Cramer's rule. Raises ZeroDivisionError."""
    whole = _compute_determinant(columns)
    return [
        _compute_determinant([*columns[:index], target, *columns[index + 1 :]]) / whole
        for index in range(3)
    ]


def _compute_determinant(columns: Sequence[Sequence[float]]) -> float:
    a, b, c = columns
    return (
        a[0] * (b[1] * c[2] - b[2] * c[1])
        - b[0] * (a[1] * c[2] - a[2] * c[1])
        + c[0] * (a[1] * b[2] - a[2] * b[1])
    )
