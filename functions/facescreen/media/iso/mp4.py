"""Reads MP4 and QuickTime (ISO/IEC 14496-12): the first enabled video track, as players show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso import mp4_pictures
from facescreen.media.iso.boxes import (
    find_child,
    iterate_boxes,
    iterate_children,
    read_version,
    require_child,
)
from facescreen.media.iso.video_timing import read_timing
from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.one_picture import find_second_picture

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_ENABLED_FLAG = 1
_UPRIGHT_MATRIX_SIGNS = [1, 0, 0, 1]


def read_mp4(window: Window, mime: str) -> Media:
    """Read the moov box, which may come before or after the mdat."""
    boxes = iterate_boxes(window)
    moov = next((content for kind, content in boxes if kind == b"moov"), None)
    if moov is None:
        raise UnreadableMediaError(
            "The video has no moov box: it was not finished, or is truncated."
        )
    track = _find_video_track(moov)
    codec, width, height = _read_sample_entry(track)
    matrix_signs = _read_matrix_signs(track)
    if matrix_signs[0] == 0:
        width, height = height, width
    timing = read_timing(moov, track, boxes)
    second_picture = find_second_picture(
        window, lambda file: mp4_pictures.iterate_findings(file, moov, track, timing)
    )
    return Media(
        mime,
        width,
        height,
        rotated=matrix_signs != _UPRIGHT_MATRIX_SIGNS,
        frames=timing.frames,
        duration_s=timing.duration_s,
        fps=timing.fps,
        codec=codec,
        second_picture=second_picture,
    )


def _find_video_track(moov: Window) -> Window:
    """Return the first enabled video track or, if none is enabled, the first: players show that."""
    first = None
    for track in iterate_children(moov, b"trak"):
        handler = find_child(track, b"mdia", b"hdlr")
        if handler is None or handler.read_exactly(8, 4) != b"vide":
            continue
        if require_child(track, b"tkhd").read_exactly(3, 1)[0] & _ENABLED_FLAG:
            return track
        first = first or track
    if first is None:
        raise UnreadableMediaError("The file has no video track.")
    return first


def _read_sample_entry(track: Window) -> tuple[str | None, int, int]:
    """Return the codec, and width and height as stored. tkhd's size is in display units, not
    pixels."""
    stsd = require_child(track, b"mdia", b"minf", b"stbl", b"stsd")
    fourcc, width, height = stsd.unpack(">4s24xHH", 12)
    codec = fourcc.decode("latin-1")
    return codec if codec.isprintable() else None, width, height


def _read_matrix_signs(track: Window) -> list[int]:
    """Return the signs of a, b, c, d of the matrix that rotates the picture. All zeros mean no
    rotation."""
    tkhd = require_child(track, b"tkhd")
    matrix = tkhd.unpack(">ii4xii", 52 if read_version(tkhd) else 40)
    signs = [(value > 0) - (value < 0) for value in matrix]
    return signs if any(signs) else _UPRIGHT_MATRIX_SIGNS
