"""Reads JPEG (ITU-T T.81, Annex B): the frame header, and the metadata that changes the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media import gain_map
from facescreen.media.exif.orientation import EXIF_PREFIX, Orientations
from facescreen.media.icc.profile import MAX_PROFILE_BYTES, iterate_profile_findings
from facescreen.media.jpeg import frame, trailer
from facescreen.media.jpeg.segments import (
    APP1,
    APP2,
    find_frame_size,
    iterate_header_segments,
    iterate_segments,
)
from facescreen.media.media import Media, UnreadableMediaError, build_image_media
from facescreen.media.one_picture import find_second_picture
from facescreen.media.reader import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF_NAME = b"Exif\0"
"""Some readers don't look at the byte behind it."""
_PROFILE_PREFIX = b"ICC_PROFILE\0"


def read_jpeg(window: Window) -> Media:
    """Read the first frame header, and the metadata before the picture."""
    segments = list(iterate_header_segments(window))
    size = find_frame_size(segments)
    if size is None:
        raise UnreadableMediaError("The JPEG contains no picture.")
    orientations = Orientations()
    for segment in segments:
        if segment.marker == APP1:
            _add_metadata(orientations, segment.content)
    second_picture = find_second_picture(window, _iterate_findings)
    return build_image_media(
        "image/jpeg",
        *size,
        orientation=orientations.value,
        second_picture=second_picture or orientations.second_picture,
    )


def _add_metadata(orientations: Orientations, content: Window) -> None:
    if content.read_up_to(0, len(EXIF_PREFIX)) == EXIF_PREFIX:
        orientations.add_exif(content)
    elif content.read_up_to(0, len(_EXIF_NAME)) == _EXIF_NAME:
        orientations.add_uncertain_exif(content.subwindow(min(len(EXIF_PREFIX), content.size)))
    elif content.read_up_to(0, len(_XMP_PREFIX)) == _XMP_PREFIX:
        orientations.add_xmp(content.read_exactly(0, content.size))


def _iterate_findings(window: Window) -> Iterator[str]:
    segments = list(iterate_segments(window))
    yield from frame.iterate_findings(window, segments)
    yield from _check_profile([s.content for s in segments if s.marker == APP2])
    yield from trailer.iterate_findings(window, segments)
    yield from gain_map.iterate_jpeg_findings(window.read_exactly(0, window.size))


def _check_profile(app2: list[Window]) -> Iterator[str]:
    """Check the color profile, which may be in several segments, each with its number and their
    count."""
    size = len(_PROFILE_PREFIX)
    parts = [content for content in app2 if content.read_up_to(0, size) == _PROFILE_PREFIX]
    if not parts:
        return
    numbers = [part.unpack("BB", size) for part in parts]
    if sorted(numbers) != [(number + 1, len(parts)) for number in range(len(parts))]:
        yield "Its color profile is incomplete, or there are several."
        return
    ordered = [part for _, part in sorted(zip(numbers, parts, strict=True), key=lambda p: p[0])]
    profile = b"".join(part.read_exactly(size + 2, part.size - size - 2) for part in ordered)
    if len(profile) > MAX_PROFILE_BYTES:
        yield "Its color profile is too long to check."
    yield from iterate_profile_findings(Window.of_bytes(profile))
