"""Looks at the coded frames of H.264 and H.265, to find those that hold two pictures: some decoders
show the first, others the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from facescreen.media.reader import Window

MAX_UNITS = 100_000
"""Units in all frames of a file: enough for a minute of video with 25 slices a frame."""

_MESSAGE = "It has two pictures in one frame, of which decoders show different ones."


def iterate_findings(
    file: Window, properties: dict[bytes, list[Window]], places: Iterable[tuple[int, int]]
) -> Iterator[str]:
    """Yield a sentence if a frame holds two pictures. `properties` has the decoder's configuration,
    and `places` the offset and length of each frame; bytes outside the file are ignored."""
    for kind, (length_offset, starts_picture) in _CODECS.items():
        for configuration in properties.get(kind, [])[:1]:
            length_bytes = 1 + (configuration.read_exactly(length_offset, 1)[0] & 3)
            content = file.read_exactly(0, file.size)
            if not _are_single(content, length_bytes, starts_picture, places):
                yield _MESSAGE


def _are_single(
    content: bytes,
    length_bytes: int,
    starts_picture: Callable[[bytes], bool],
    places: Iterable[tuple[int, int]],
) -> bool:
    """Return whether at most one picture starts in each frame, and not too many units do."""
    units = 0
    for start, length in places:
        pictures = 0
        for unit in _iterate_units(content, start, start + length, length_bytes):
            units += 1
            pictures += starts_picture(unit)
            if pictures > 1 or units > MAX_UNITS:
                return False
    return True


def _iterate_units(content: bytes, start: int, end: int, length_bytes: int) -> Iterator[bytes]:
    """Yield the first bytes of each unit of a frame."""
    position = start + length_bytes
    while position < min(end, len(content)):
        yield content[position : position + 3]
        position += int.from_bytes(content[position - length_bytes : position], "big")
        position += length_bytes


def _starts_h264_picture(unit: bytes) -> bool:
    """Return whether a unit (ITU-T H.264, 7.3.1) is the slice with the first macroblock, whose
    number 0 is coded as a 1."""
    return len(unit) > 1 and unit[0] & 31 in (1, 2, 5) and unit[1] & 0x80 != 0


def _starts_h265_picture(unit: bytes) -> bool:
    """Return whether a unit (ITU-T H.265, 7.3.1) is the first slice of a picture, in the layer that
    is shown: others are for a second eye, or for depth."""
    if len(unit) < 3:
        return False
    kind, layer = unit[0] >> 1 & 63, (unit[0] & 1) << 5 | unit[1] >> 3
    return kind < 32 and layer == 0 and unit[2] & 0x80 != 0


_CODECS: dict[bytes, tuple[int, Callable[[bytes], bool]]] = {
    b"avcC": (4, _starts_h264_picture),
    b"hvcC": (21, _starts_h265_picture),
}
"""By the box of the decoder's configuration: where it has the size of the length in front of each
unit, and whether a unit starts a picture."""
