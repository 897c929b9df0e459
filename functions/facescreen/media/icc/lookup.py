"""Checks the lookup tables of ICC profiles (ICC.1:2022, 10.10 to 10.12): calibrated screens, some
scanners, and one of the standard profiles of sRGB describe their colors by a table of points."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.icc.curves import Curve, build_table_curve, read_curve
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facescreen.media.reader import Window

_CHANNELS = 3
_MAX_GRID = 33
"""Points for each channel."""
_FINE_GRID = 17
_IDENTITY = (65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
_STEPS = 256
_FIXED_POINT = 65536
_D50 = (0.9642, 1.0, 0.8249)
_TABLE_VALUES = 256
_MAX_TABLE_VALUES = 4096


@dataclass(frozen=True)
class _Lookup:
    """From device RGB to the connection space: curves, a table of points, curves and a matrix, and
    curves."""

    inputs: list[Curve]
    grid: int
    points: Sequence[float] | None
    """Three values from 0 to 1 for each point of the grid; None if there is no table."""
    middle: list[Curve]
    matrix: list[float]
    """Nine factors and three offsets; empty if there is none."""
    outputs: list[Curve]
    has_legacy_lab: bool
    """Whether Lab's 100 is 0xFF00, not 0xFFFF."""


def is_ordinary_lookup(tag: Window, connection_space: bytes) -> bool:
    """Return whether all points of a table from RGB are what they mean in sRGB. Raises
    UnreadableMediaError."""
    (kind,) = tag.unpack("4s")
    if kind in (b"mft1", b"mft2"):
        lookup = _read_table(tag, 1 if kind == b"mft1" else 2)
    elif kind == b"mAB ":
        lookup = _read_elements(tag)
    else:
        return False
    curves = [*lookup.inputs, *lookup.middle, *lookup.outputs]
    if not all(_is_rising(curve) for curve in curves):
        return False
    return all(
        color.is_ordinary_color(stored, _to_xyz(lookup, values, connection_space))
        for stored, values in _iterate_points(lookup)
    )


def _is_rising(curve: Curve) -> bool:
    """Return whether a curve never falls: then no value between two points is far from both."""
    values: Sequence[float] = curve.table or [
        curve.decode(step / _STEPS) for step in range(_STEPS + 1)
    ]
    return all(low <= high for low, high in zip(values, values[1:]))  # noqa: B905, RUF007


def _read_table(tag: Window, width: int) -> _Lookup:
    """Read a table of 8 or 16 bits."""
    inputs, outputs, grid = tag.unpack("BBB", 8)
    _check_size(inputs, outputs, grid)
    if tag.unpack(">9i", 12) != _IDENTITY:
        # It is for input of XYZ, but some readers apply it to RGB too.
        raise UnreadableMediaError("The color profile has a matrix for other colors.")
    lengths = (_TABLE_VALUES, _TABLE_VALUES) if width == 1 else tag.unpack(">HH", 48)
    if not 2 <= min(lengths) <= max(lengths) <= _MAX_TABLE_VALUES:
        raise UnreadableMediaError("The color profile has a table of an unknown length.")
    offset = 48 if width == 1 else 52
    curves: list[Curve] = []
    points: list[float] = []
    for length, is_curve in ((lengths[0], True), (grid**_CHANNELS, False), (lengths[1], True)):
        values = _read_values(tag, offset, length * _CHANNELS, width)
        offset += length * _CHANNELS * width
        if is_curve:
            curves += [
                build_table_curve(values[start : start + length], 0)
                for start in range(0, len(values), length)
            ]
        else:
            points = [value / 0xFFFF for value in values]
    return _Lookup(curves[:3], grid, points, [], [], curves[3:], has_legacy_lab=width == 2)


def _read_values(tag: Window, offset: int, count: int, width: int) -> Sequence[int]:
    """Return values as 16 bits."""
    content = tag.read_exactly(offset, count * width)
    return [value * 257 for value in content] if width == 1 else color.unpack_table(content, ">")


def _read_elements(tag: Window) -> _Lookup:
    inputs, outputs = tag.unpack("BB", 8)
    last, matrix, middle, points, first = tag.unpack(">5I", 12)
    grid, values = _FINE_GRID, None
    if points:
        sizes = tag.unpack("BBB", points)
        grid = sizes[0]
        _check_size(inputs, outputs, *sizes)
        (width,) = tag.unpack("B", points + 16)
        if width not in (1, 2) or set(sizes) != {grid}:
            raise UnreadableMediaError("The color profile has a table of an unknown form.")
        count = grid**_CHANNELS * _CHANNELS
        values = [value / 0xFFFF for value in _read_values(tag, points + 20, count, width)]
    else:
        _check_size(inputs, outputs, grid)
    factors = [v / _FIXED_POINT for v in tag.unpack(">12i", matrix)] if matrix else []
    return _Lookup(
        _read_curves(tag, first),
        grid,
        values,
        _read_curves(tag, middle),
        factors,
        _read_curves(tag, last),
        has_legacy_lab=False,
    )


def _check_size(inputs: int, outputs: int, *grid: int) -> None:
    if (inputs, outputs) != (_CHANNELS, _CHANNELS) or not 2 <= min(grid) <= max(grid) <= _MAX_GRID:
        raise UnreadableMediaError("The color profile has a table of an unknown size.")


def _read_curves(tag: Window, offset: int) -> list[Curve]:
    """Read a curve for each channel, each at a multiple of four bytes; none at offset 0."""
    curves: list[Curve] = []
    while offset and len(curves) < _CHANNELS:
        curve = read_curve(tag.subwindow(offset))
        curves.append(curve)
        offset += -(-curve.size // 4) * 4
    return curves


def _iterate_points(lookup: _Lookup) -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    """Yield stored RGB and what the table makes of it: at each of its points, and between the
    points of a coarse one, or of none."""
    if lookup.points is None or lookup.grid < _FINE_GRID:
        steps = [step / (_FINE_GRID - 1) for step in range(_FINE_GRID)]
        for stored in product(steps, repeat=_CHANNELS):
            yield stored, _look_up(lookup, _apply(lookup.inputs, stored))
        return
    positions = [
        _invert(lookup.inputs[channel] if lookup.inputs else None, lookup.grid)
        for channel in range(_CHANNELS)
    ]
    for number, reached in enumerate(product(*positions)):
        point = [value for value in reached if value is not None]
        if len(point) == _CHANNELS:
            yield point, lookup.points[_CHANNELS * number : _CHANNELS * (number + 1)]


def _look_up(lookup: _Lookup, values: Sequence[float]) -> Sequence[float]:
    """Interpolate between the eight points around some values."""
    if lookup.points is None:
        return values
    result = [0.0] * _CHANNELS
    scaled = [min(max(value, 0.0), 1.0) * (lookup.grid - 1) for value in values]
    corners = [min(int(value), lookup.grid - 2) for value in scaled]
    for steps in product((0, 1), repeat=_CHANNELS):
        weight, number = 1.0, 0
        for value, corner, step in zip(scaled, corners, steps, strict=True):
            weight *= value - corner if step else 1 - (value - corner)
            number = number * lookup.grid + corner + step
        for channel in range(_CHANNELS):
            result[channel] += weight * lookup.points[_CHANNELS * number + channel]
    return result


def _invert(curve: Curve | None, grid: int) -> list[float | None]:
    """Return the stored value that reaches each point of one channel; None for points that no value
    reaches."""
    targets = [point / (grid - 1) for point in range(grid)]
    if curve is None:
        return list(targets)
    values = [curve.decode(step / _STEPS) for step in range(_STEPS + 1)]
    return [_find(values, target) for target in targets]


def _find(values: list[float], target: float) -> float | None:
    index = bisect_left(values, target - 1e-4)
    if index >= len(values):
        return None
    before = values[index - 1] if index else values[0]
    step = values[index] - before
    part = (target - before) / step if step > 0 else 1.0
    return max(index - 1 + min(part, 1.0), 0) / _STEPS


def _to_xyz(lookup: _Lookup, values: Sequence[float], connection_space: bytes) -> list[float]:
    values = _apply(lookup.middle, values)
    if lookup.matrix:
        values = [
            sum(f * v for f, v in zip(lookup.matrix[row : row + 3], values, strict=True)) + offset
            for row, offset in zip((0, 3, 6), lookup.matrix[9:], strict=True)
        ]
    values = _apply(lookup.outputs, values)
    if connection_space == b"XYZ ":
        return [value * (1 + 32767 / 32768) for value in values]
    scale = 65535 / 65280 if lookup.has_legacy_lab else 1.0
    lightness, a, b = (value * scale for value in values)
    return _lab_to_xyz(100 * lightness, 255 * a - 128, 255 * b - 128)


def _apply(curves: list[Curve], values: Sequence[float]) -> Sequence[float]:
    if not curves:
        return values
    return [curve.decode(value) for curve, value in zip(curves, values, strict=True)]


def _lab_to_xyz(lightness: float, a: float, b: float) -> list[float]:
    y = (lightness + 16) / 116
    return [
        white * (part**3 if part > 6 / 29 else 3 * (6 / 29) ** 2 * (part - 4 / 29))
        for white, part in zip(_D50, (y + a / 500, y, y - b / 200), strict=True)
    ]
