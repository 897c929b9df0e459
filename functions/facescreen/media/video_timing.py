"""Reads a video track's duration and number of frames, from the tables that players use, not from
the durations in the headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media import fragments
from facescreen.media.iso_boxes import find_child, read_version, require_child
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window


@dataclass(frozen=True)
class VideoTiming:
    """The timing of one track."""

    frames: int
    duration_s: float
    """The duration after the edit list is applied."""
    fps: float | None
    """The media's average; None if its frames have no duration."""


def read_timing(
    moov: Window, track: Window, remaining_boxes: Iterator[tuple[bytes, Window]]
) -> VideoTiming:
    """Read a track's timing. `remaining_boxes` are those after the moov: in fragmented files they
    contain most of the track."""
    frames, ticks = _count_frames_and_ticks(
        require_child(track, b"mdia", b"minf", b"stbl", b"stts")
    )
    if find_child(moov, b"mvex") is not None:
        more_frames, more_ticks = fragments.count_frames_and_ticks(moov, track, remaining_boxes)
        frames, ticks = frames + more_frames, ticks + more_ticks
    media_s = ticks / _read_timescale(require_child(track, b"mdia", b"mdhd"))
    return VideoTiming(
        frames,
        duration_s=_compute_shown_duration_s(moov, track, media_s),
        fps=frames / media_s if media_s else None,
    )


def _count_frames_and_ticks(stts: Window) -> tuple[int, int]:
    """Return the number of frames, and their duration in ticks of the media's clock."""
    (entries,) = stts.unpack(">4xI")
    frames = ticks = 0
    for count, delta in stts.unpack_rows(">II", 8, entries):
        frames += count
        ticks += count * delta
    return frames, ticks


def _compute_shown_duration_s(moov: Window, track: Window, media_s: float) -> float:
    """Return the duration of the edits that show media. Each is limited to the media's duration,
    and one without a length goes to its end. Empty edits only delay the start of the track."""
    elst = find_child(track, b"edts", b"elst")
    if elst is None:
        return media_s
    (entries,) = elst.unpack(">4xI")
    layout = ">Qq4x" if read_version(elst) else ">Ii4x"
    edits = [length for length, start in elst.unpack_rows(layout, 8, entries) if start >= 0]
    if not edits:
        return media_s
    scale = _read_timescale(require_child(moov, b"mvhd"))
    return sum(min(length / scale, media_s) if length else media_s for length in edits)


def _read_timescale(header: Window) -> int:
    """Return the ticks per second from an mdhd or mvhd box."""
    (scale,) = header.unpack(">I", 20 if read_version(header) else 12)
    if scale == 0:
        raise UnreadableMediaError("The video's clock has no ticks: its timescale is zero.")
    return int(scale)
