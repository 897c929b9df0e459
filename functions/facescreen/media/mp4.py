"""MP4 and QuickTime (ISO/IEC 14496-12): the first enabled video track, as players show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso_boxes import boxes, children, find, need, version
from facescreen.media.media import Media, UnreadableMediaError
from facescreen.media.timing import timing

if TYPE_CHECKING:
    from facescreen.media.reader import Window

_ENABLED = 1
_UPRIGHT = [1, 0, 0, 1]


def read(window: Window, mime: str) -> Media:
    """Goes from box to box up to the moov, wherever it stands, past the mdat."""
    file = boxes(window)
    moov = next((content for kind, content in file if kind == b"moov"), None)
    if moov is None:
        raise UnreadableMediaError(
            "The video has no moov box: it was not finished, or is cut short."
        )
    track = _video_track(moov)
    codec, width, height = _sample_entry(track)
    matrix = _matrix(track)
    if matrix[0] == 0:
        width, height = height, width
    pace = timing(moov, track, file)
    return Media(
        mime,
        width,
        height,
        rotated=matrix != _UPRIGHT,
        frames=pace.frames,
        duration_s=pace.duration_s,
        fps=pace.fps,
        codec=codec,
    )


def _video_track(moov: Window) -> Window:
    """The first enabled one; where none is, the first: players then show that."""
    first = None
    for track in children(moov, b"trak"):
        handler = find(track, b"mdia", b"hdlr")
        if handler is None or handler.take(8, 4) != b"vide":
            continue
        if need(track, b"tkhd").take(3, 1)[0] & _ENABLED:
            return track
        first = first or track
    if first is None:
        raise UnreadableMediaError("The file has no video track.")
    return first


def _sample_entry(track: Window) -> tuple[str | None, int, int]:
    """Codec, width and height as stored. tkhd's own size is in units of display, not pixels."""
    stsd = need(track, b"mdia", b"minf", b"stbl", b"stsd")
    fourcc, width, height = stsd.unpack(">4s24xHH", 12)
    codec = fourcc.decode("latin-1")
    return codec if codec.isprintable() else None, width, height


def _matrix(track: Window) -> list[int]:
    """The signs of a, b, c, d of the matrix that turns the picture; all zeros turn nothing."""
    tkhd = need(track, b"tkhd")
    turns = tkhd.unpack(">ii4xii", 52 if version(tkhd) else 40)
    signs = [(value > 0) - (value < 0) for value in turns]
    return signs if any(signs) else _UPRIGHT
