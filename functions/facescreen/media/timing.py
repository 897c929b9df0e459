"""How long a video track plays and how many frames it shows: from the tables that players go by,
not from the durations in the headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media import fragments
from facescreen.media.iso_boxes import find, need, version
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window


@dataclass(frozen=True)
class Timing:
    """Of one track."""

    frames: int
    duration_s: float
    """What its edit list leaves of the media."""
    fps: float | None
    """Of the media, on average; None where its frames take no time."""


def timing(moov: Window, track: Window, rest: Iterator[tuple[bytes, Window]]) -> Timing:
    """`rest` are the boxes behind the moov: where it says so, most of the track lies there."""
    frames, ticks = _samples(need(track, b"mdia", b"minf", b"stbl", b"stts"))
    if find(moov, b"mvex") is not None:
        more_frames, more_ticks = fragments.samples(moov, track, rest)
        frames, ticks = frames + more_frames, ticks + more_ticks
    media_s = ticks / _timescale(need(track, b"mdia", b"mdhd"))
    return Timing(
        frames,
        duration_s=_shown_s(moov, track, media_s),
        fps=frames / media_s if media_s else None,
    )


def _samples(stts: Window) -> tuple[int, int]:
    """Frames, and the time they take in ticks of the media's clock."""
    (entries,) = stts.unpack(">4xI")
    frames = ticks = 0
    for count, delta in stts.rows(">II", 8, entries):
        frames += count
        ticks += count * delta
    return frames, ticks


def _shown_s(moov: Window, track: Window, media_s: float) -> float:
    """The edits that show media, each of them at most all of it; one of no length goes to its end.
    An empty edit delays the track's begin, and is no part of it."""
    elst = find(track, b"edts", b"elst")
    if elst is None:
        return media_s
    (entries,) = elst.unpack(">4xI")
    layout = ">Qq4x" if version(elst) else ">Ii4x"
    edits = [length for length, begin in elst.rows(layout, 8, entries) if begin >= 0]
    if not edits:
        return media_s
    scale = _timescale(need(moov, b"mvhd"))
    return sum(min(length / scale, media_s) if length else media_s for length in edits)


def _timescale(header: Window) -> int:
    """Ticks a second, by an mdhd or mvhd box."""
    (scale,) = header.unpack(">I", 20 if version(header) else 12)
    if scale == 0:
        raise UnreadableMediaError("The video's clock has no ticks: its timescale is zero.")
    return int(scale)
