"""Looks at coded frames, to find those that hold two pictures: some decoders show the first, others
the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media.iso import av1_frames, vp9_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from facescreen.media.reader import Window

MAX_UNITS = 100_000
"""Units in all frames of a file: enough for a minute of video with 25 slices a frame."""

_START_CODE = b"\0\0\1"

_AV1_NAMES = {b"av1C", b"av01"}
"""The configuration and the sample entry: some decoders need no configuration."""

_MESSAGE = "It has two pictures in one frame, of which decoders show different ones."


def iterate_findings(
    file: Window,
    properties: dict[bytes, list[Window]],
    places: Iterable[tuple[int, int]],
    *,
    is_still: bool,
) -> Iterator[str]:
    """Yield a sentence if a frame holds two pictures. `properties` has the decoder's configuration,
    and the name of a video's codec. `places` has the offset and length of each frame; bytes outside
    the file are ignored."""
    is_av1 = not _AV1_NAMES.isdisjoint(properties)
    is_vp9 = b"vp09" in properties
    if not (is_av1 or is_vp9) and properties.keys().isdisjoint(_CODECS):
        return
    content = file.read_exactly(0, file.size)
    frames = [(start, min(start + length, len(content))) for start, length in places]
    if sum(max(0, end - start) for start, end in frames) > len(content):
        # Without this, a small file could take hours.
        yield "Its frames overlap."
        return
    if is_av1 and not av1_frames.are_single(content, frames, is_still=is_still):
        yield _MESSAGE
    if is_vp9 and any(vp9_frames.holds_two_pictures(content[start:end]) for start, end in frames):
        yield _MESSAGE
    for kind, codec in _CODECS.items():
        for configuration in properties.get(kind, [])[:1]:
            length_bytes = 1 + (configuration.read_exactly(codec.length_offset, 1)[0] & 3)
            if not _are_single(content, length_bytes, codec, frames):
                yield _MESSAGE


@dataclass(frozen=True)
class _Codec:
    """How to look at the units of a codec, by their first bytes."""

    length_offset: int
    """Where the configuration has the size of the length in front of each unit."""
    is_slice: Callable[[bytes], bool]
    starts_picture: Callable[[bytes], bool]
    is_prefix: Callable[[bytes], bool]
    """Whether a unit only describes the next one. Samsung's phones store the two as one unit."""


def _are_single(
    content: bytes, length_bytes: int, codec: _Codec, frames: list[tuple[int, int]]
) -> bool:
    """Return whether at most one picture starts in each frame, and not too many units do."""
    units = 0
    for start, end in frames:
        pictures = 0
        for unit, outer in _iterate_units(content, start, end, length_bytes):
            units += 1
            pictures += codec.starts_picture(unit)
            is_disguised = outer is not None and not codec.is_prefix(outer)
            if (is_disguised and codec.is_slice(unit)) or pictures > 1 or units > MAX_UNITS:
                return False
    return True


def _iterate_units(
    content: bytes, start: int, end: int, length_bytes: int
) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the first bytes of each unit of a frame, and None. No unit may contain a start code
    (ITU-T H.264, 7.4.1), but some readers look for them, and find another unit behind each: yield
    that too, and the unit that it is in."""
    position = start + length_bytes
    while position < end:
        unit = content[position : position + 3]
        yield unit, None
        unit_end = position + int.from_bytes(content[position - length_bytes : position], "big")
        code = position - len(_START_CODE)
        while (code := content.find(_START_CODE, code + 3, min(unit_end, end))) >= 0:
            yield content[code + 3 : code + 6], unit
        position = unit_end + length_bytes


def _is_h264_slice(unit: bytes) -> bool:
    """Return whether a unit (ITU-T H.264, 7.3.1) is a part of the picture that is shown."""
    return len(unit) > 1 and unit[0] & 31 in (1, 2, 5)


def _starts_h264_picture(unit: bytes) -> bool:
    """Return whether a unit is the slice with the first macroblock, whose number 0 is coded as a
    1."""
    return _is_h264_slice(unit) and unit[1] & 0x80 != 0


def _is_h264_prefix(unit: bytes) -> bool:
    return unit[:1] != b"" and unit[0] & 31 == 14


def _is_h265_slice(unit: bytes) -> bool:
    """Return whether a unit (ITU-T H.265, 7.3.1) is a part of a picture, in the layer that is
    shown: others are for a second eye, or for depth."""
    if len(unit) < 3:
        return False
    kind, layer = unit[0] >> 1 & 63, (unit[0] & 1) << 5 | unit[1] >> 3
    return kind < 32 and layer == 0


def _starts_h265_picture(unit: bytes) -> bool:
    return _is_h265_slice(unit) and unit[2] & 0x80 != 0


def _is_h265_prefix(_: bytes) -> bool:
    return False


_CODECS = {
    b"avcC": _Codec(4, _is_h264_slice, _starts_h264_picture, _is_h264_prefix),
    b"hvcC": _Codec(21, _is_h265_slice, _starts_h265_picture, _is_h265_prefix),
}
"""By the box of the decoder's configuration."""
