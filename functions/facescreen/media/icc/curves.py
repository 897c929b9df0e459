"""Reads the curves of ICC profiles (ICC.1:2022, 10.6 and 10.18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facescreen.media.reader import Window

_FIXED_POINT = 65536
_PARAMETERS_BY_FUNCTION = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


@dataclass(frozen=True)
class Curve:
    """A curve of values from 0 to 1."""

    decode: Callable[[float], float]
    size: int
    """The bytes that it takes."""
    table: Sequence[int] | None = None
    """Its values, from 0 to 65535, if it is a table."""

    @property
    def is_ordinary(self) -> bool:
        """Whether it leads to linear light within the tolerance."""
        if self.table is not None:
            return color.is_ordinary_table(self.table, 0xFFFF)
        return color.is_ordinary_curve(self.decode)


def read_curve(content: Window) -> Curve:
    """Read a curve of any type. Raises UnreadableMediaError."""
    (kind,) = content.unpack("4s")
    if kind == b"para":
        return _read_function(content)
    if kind != b"curv":
        raise UnreadableMediaError("The color profile has a curve of an unknown type.")
    (count,) = content.unpack(">I", 8)
    size = 12 + 2 * count
    if count == 0:
        return Curve(lambda value: value, size)
    if count == 1:
        exponent = content.unpack(">H", 12)[0] / 256
        return Curve(lambda value: _raise(value, exponent), size)
    return build_table_curve(color.unpack_table(content.read_exactly(12, 2 * count), ">"), size)


def build_table_curve(table: Sequence[int], size: int) -> Curve:
    """Create a curve of at least two values from 0 to 65535."""
    return Curve(lambda value: color.interpolate(table, value) / 0xFFFF, size, table)


def _read_function(content: Window) -> Curve:
    (function,) = content.unpack(">H", 8)
    count = _PARAMETERS_BY_FUNCTION.get(function)
    if count is None:
        raise UnreadableMediaError("The color profile has a curve of an unknown function.")
    exponent, *rest = (v / _FIXED_POINT for v in content.unpack(f">{count}i", 12))
    a, b, c, d, e, f = _complete_parameters(function, rest)

    def decode(value: float) -> float:
        return _raise(a * value + b, exponent) + e if value >= d else c * value + f

    return Curve(decode, 12 + 4 * count)


def _complete_parameters(
    function: int, parameters: list[float]
) -> tuple[float, float, float, float, float, float]:
    """Return the parameters of the longest function, (a*X + b)^g + e from d on, and c*X + f below,
    for one with fewer."""
    a, b, c, d, e, f = [*parameters, *[0.0] * 6][:6]
    if function == 0:
        return 1, 0, 0, 0, 0, 0
    if function in (1, 2):
        start = -b / a if a else 0.0
        constant = c if function == 2 else 0.0
        return a, b, 0, start, constant, constant
    return a, b, c, d, e, f


def _raise(base: float, exponent: float) -> float:
    try:
        return float(base**exponent) if base > 0 else 0.0
    except OverflowError:
        return float("inf")
