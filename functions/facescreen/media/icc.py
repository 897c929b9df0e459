"""Reads ICC profiles (ICC.1:2022): whether a profile is ordinary (see color)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

MAX_PROFILE_BYTES = 4 * 1024 * 1024

_HEADER_SIZE = 128
_MAX_TAGS = 100
"""The common libraries reject profiles with more."""
_FIXED_POINT = 65536
_CHANNELS_OF_GREY_AND_COLOR = (b"GRAY", b"RGB ")
_OTHER_SPACES_OF_THREE_CHANNELS = frozenset(
    {b"XYZ ", b"Lab ", b"Luv ", b"YCbr", b"Yxy ", b"HSV ", b"HLS ", b"CMY ", b"3CLR"}
)
_CURVE_TAGS = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_PRIMARY_TAGS = (b"rXYZ", b"gXYZ", b"bXYZ")
_LOOKUP_TABLE_TAGS = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2", b"D2B3")
_PARAMETERS_BY_FUNCTION = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


def iterate_findings(profile: Window) -> Iterator[str]:
    """Yield a sentence about a profile that is not ordinary. What no reader takes for a profile of
    the picture is ignored."""
    if profile.size < _HEADER_SIZE or profile.read_exactly(36, 4) != b"acsp":
        return
    try:
        is_ordinary = _is_ordinary(profile)
    except UnreadableMediaError:
        yield "Its color profile is damaged, so that only some programs use it."
        return
    if not is_ordinary:
        yield "Its color profile changes the picture, in programs that use it."


def _is_ordinary(profile: Window) -> bool:
    device_class, space = profile.unpack("4s4s", 12)
    if space not in _CHANNELS_OF_GREY_AND_COLOR:
        # A profile of four or more channels fits no picture that is screened.
        return space not in _OTHER_SPACES_OF_THREE_CHANNELS
    tags = _read_tags(profile)
    if device_class in (b"link", b"abst", b"nmcl") or any(t in tags for t in _LOOKUP_TABLE_TAGS):
        return False
    return (
        all(_is_ordinary_curve(tags[tag]) for tag in _CURVE_TAGS if tag in tags)
        and _has_ordinary_primaries(tags)
        and _has_ordinary_code_points(tags)
    )


def _read_tags(profile: Window) -> dict[bytes, Window]:
    """Return the content of each tag. Raises UnreadableMediaError, also for tags that occur
    twice with different content."""
    (count,) = profile.unpack(">I", _HEADER_SIZE)
    if count > _MAX_TAGS:
        raise UnreadableMediaError("The color profile has too many tags.")
    tags: dict[bytes, Window] = {}
    places: dict[bytes, tuple[int, int]] = {}
    for name, offset, size in profile.unpack_rows(">4sII", _HEADER_SIZE + 4, count):
        if places.setdefault(name, (offset, size)) != (offset, size):
            raise UnreadableMediaError("The color profile has a tag twice.")
        if name in _READ_TAGS:
            tags[name] = profile.subwindow(offset, min(size, max(0, profile.size - offset)))
    return tags


_READ_TAGS = frozenset({*_CURVE_TAGS, *_PRIMARY_TAGS, *_LOOKUP_TABLE_TAGS, b"cicp"})


def _is_ordinary_curve(curve: Window) -> bool:
    (kind,) = curve.unpack("4s")
    if kind == b"para":
        return _is_ordinary_function(curve)
    if kind != b"curv":
        return False
    (count,) = curve.unpack(">I", 8)
    if count == 0:
        return color.is_ordinary_gamma(1)
    if count == 1:
        return color.is_ordinary_gamma(curve.unpack(">H", 12)[0] / 256)
    table = color.unpack_table(curve.read_exactly(12, 2 * count), ">")
    return color.is_ordinary_table(table, 0xFFFF)


def _is_ordinary_function(curve: Window) -> bool:
    """Whether a parametric curve is ordinary (ICC.1, 10.18)."""
    (function,) = curve.unpack(">H", 8)
    count = _PARAMETERS_BY_FUNCTION.get(function)
    if count is None:
        return False
    exponent, *rest = (v / _FIXED_POINT for v in curve.unpack(f">{count}i", 12))
    a, b, c, d, e, f = _complete_parameters(function, rest)

    def decode(value: float) -> float:
        return _raise(a * value + b, exponent) + e if value >= d else c * value + f

    return color.is_ordinary_curve(decode)


def _complete_parameters(
    function: int, given: list[float]
) -> tuple[float, float, float, float, float, float]:
    """Return the parameters of the longest function, (a*X + b)^g + e from d on, and c*X + f below,
    for one with fewer."""
    a, b, c, d, e, f = [*given, *[0.0] * 6][:6]
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


def _has_ordinary_primaries(tags: dict[bytes, Window]) -> bool:
    columns = [_read_xyz(tags[tag]) for tag in _PRIMARY_TAGS if tag in tags]
    return len(columns) < len(_PRIMARY_TAGS) or color.are_ordinary_primaries(columns)


def _read_xyz(tag: Window) -> list[float]:
    return [value / _FIXED_POINT for value in tag.unpack(">3i", 8)]


def _has_ordinary_code_points(tags: dict[bytes, Window]) -> bool:
    if b"cicp" not in tags:
        return True
    primaries, transfer, _, is_full_range = tags[b"cicp"].unpack(">4B", 8)
    return color.is_ordinary_cicp(primaries, transfer, is_full_range=bool(is_full_range))
