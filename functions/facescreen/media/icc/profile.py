"""Reads ICC profiles (ICC.1:2022), and checks that they are ordinary (see color)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import color
from facescreen.media.icc.curves import read_curve
from facescreen.media.icc.lookup import is_ordinary_lookup
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

MAX_PROFILE_BYTES = 4 * 1024 * 1024

_HEADER_SIZE = 128
_MAX_LOOKUP_BYTES = 230_000
"""Of all tables: one of 33 points for each channel takes 216 KB."""
_MAX_TAGS = 100
"""The common libraries reject profiles with more."""
_FIXED_POINT = 65536
_CHANNELS_OF_GREY_AND_COLOR = (b"GRAY", b"RGB ")
_OTHER_SPACES_OF_THREE_CHANNELS = frozenset(
    {b"XYZ ", b"Lab ", b"Luv ", b"YCbr", b"Yxy ", b"HSV ", b"HLS ", b"CMY ", b"3CLR"}
)
_CURVE_TAGS = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_PRIMARY_TAGS = (b"rXYZ", b"gXYZ", b"bXYZ")
_LOOKUP_TABLE_TAGS = (b"A2B0", b"A2B1", b"A2B2")
_FLOATING_POINT_TAGS = (b"D2B0", b"D2B1", b"D2B2", b"D2B3")


def iterate_profile_findings(profile: Window) -> Iterator[str]:
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
    device_class, space, connection_space = profile.unpack("4s4s4s", 12)
    if space not in _CHANNELS_OF_GREY_AND_COLOR:
        # A profile of four or more channels fits no picture that is screened.
        return space not in _OTHER_SPACES_OF_THREE_CHANNELS
    tags = _read_tags(profile)
    if device_class in (b"link", b"abst", b"nmcl"):
        return False
    if any(tag in tags for tag in _FLOATING_POINT_TAGS):
        return False
    return (
        all(read_curve(tags[tag]).is_ordinary for tag in _CURVE_TAGS if tag in tags)
        and _has_ordinary_primaries(tags)
        and _has_ordinary_code_points(tags)
        and _has_ordinary_lookups(tags, space, connection_space)
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


_READ_TAGS = frozenset(
    {*_CURVE_TAGS, *_PRIMARY_TAGS, *_LOOKUP_TABLE_TAGS, *_FLOATING_POINT_TAGS, b"cicp"}
)


def _has_ordinary_lookups(tags: dict[bytes, Window], space: bytes, connection_space: bytes) -> bool:
    """Return whether the lookup tables are ordinary. Their tags often share one."""
    lookups = {
        (tags[tag].start, tags[tag].size): tags[tag] for tag in _LOOKUP_TABLE_TAGS if tag in tags
    }
    if not lookups:
        return True
    if space != b"RGB " or sum(size for _, size in lookups) > _MAX_LOOKUP_BYTES:
        return False
    return all(is_ordinary_lookup(tag, connection_space) for tag in lookups.values())


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
