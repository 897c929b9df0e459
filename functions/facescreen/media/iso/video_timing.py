"""Reads a video track's duration and number of frames, from the tables that players use, not from
the durations in the headers. Finds frames that are hidden, repeated or held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media.iso import fragments
from facescreen.media.iso.boxes import (
    find_child,
    iterate_children,
    read_track_id,
    read_version,
    require_child,
)
from facescreen.media.iso.fragments import FrameRun
from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

MAX_HIDDEN_SHARE = 1 / 2
"""The share of the frames that may not be shown at all. A phone that trims a clip without encoding
it again hides up to a second of it."""

MAX_UNEVENNESS = 2 / 3
"""By how much the share of some frames in the time and in the number of frames may differ. Browsers
on a busy machine leave out frames, so that others are shown for a second."""

MIN_SELECTED_FRAMES = 8
"""The service extracts 8 frames (face-deepfake.txt): of fewer, it sees every one."""

MAX_TIMED_FRAMES = 20_000
"""The most frames whose times are compared: more than ten minutes of video."""

_NORMAL_RATE = 1 << 16
_FIRST_NEGATIVE = 1 << 31


@dataclass(frozen=True)
class VideoTiming:
    """The timing of one track."""

    frames: int
    frames_in_moov: int
    """How many of the frames are described in the moov; the others are in fragments."""
    duration_s: float
    """The duration after the edit list is applied."""
    fps: float | None
    """The media's average; None if its frames have no duration."""
    runs: list[FrameRun]
    """The frames of the moov, then those of each fragment."""
    findings: list[str]
    """Sentences about frames that not all players show, or not as long as the others."""


@dataclass(frozen=True)
class _EditList:
    delays: list[int]
    """Ticks of the movie's clock before the track starts."""
    pieces: list[tuple[int, int]]
    """Duration in ticks of the movie's clock, 0 to the end, and start in ticks of the media's."""
    is_simple: bool
    """Whether at most one piece is shown, at normal speed."""


def read_timing(
    moov: Window, track: Window, remaining_boxes: Iterator[tuple[bytes, Window]]
) -> VideoTiming:
    """Read a track's timing. `remaining_boxes` are those after the moov: in fragmented files they
    contain most of the track."""
    is_fragmented = find_child(moov, b"mvex") is not None
    moofs = [moof for kind, moof in remaining_boxes if kind == b"moof"] if is_fragmented else []
    runs = _read_runs(moov, track, moofs)
    frames, ticks = _count_frames_and_ticks(runs)
    media_scale = _read_timescale(require_child(track, b"mdia", b"mdhd"))
    edits = _read_edit_list(track)
    movie_scale = _read_timescale(require_child(moov, b"mvhd")) if edits.pieces else media_scale
    duration_s = _compute_shown_duration_s(edits, movie_scale, ticks / media_scale)
    held_s = max(0, _read_longest_duration_s(moov, track, moofs) - duration_s)
    held_s += sum(edits.delays) / movie_scale
    return VideoTiming(
        frames,
        frames_in_moov=_count_frames_and_ticks(runs[:1])[0],
        duration_s=duration_s,
        fps=frames * media_scale / ticks if ticks else None,
        runs=runs,
        findings=list(
            _iterate_findings(runs, edits, media_scale / movie_scale, held_s * media_scale)
        ),
    )


def _read_runs(moov: Window, track: Window, moofs: list[Window]) -> list[FrameRun]:
    """Return the frames of the moov, then those of each fragment."""
    stbl = require_child(track, b"mdia", b"minf", b"stbl")
    ctts = find_child(stbl, b"ctts")
    durations = _read_rows(require_child(stbl, b"stts"), ">II")
    runs = [FrameRun(0, durations, [] if ctts is None else _read_rows(ctts, ">Ii"))]
    if moofs:
        runs += fragments.read_runs(moov, track, moofs)
    return runs


def _read_rows(table: Window, layout: str) -> list[tuple[int, int]]:
    (entries,) = table.unpack(">4xI")
    return [(first, second) for first, second in table.unpack_rows(layout, 8, entries)]


def _count_frames_and_ticks(runs: list[FrameRun]) -> tuple[int, int]:
    """Return the number of frames, and their duration in ticks of the media's clock."""
    rows = [row for run in runs for row in run.durations]
    return sum(count for count, _ in rows), sum(count * duration for count, duration in rows)


def _read_edit_list(track: Window) -> _EditList:
    elst = find_child(track, b"edts", b"elst")
    if elst is None:
        return _EditList([], [], is_simple=True)
    (entries,) = elst.unpack(">4xI")
    rows = list(elst.unpack_rows(">QqI" if read_version(elst) else ">IiI", 8, entries))
    pieces = [(length, start) for length, start, _ in rows if start >= 0]
    delays = [length for length, start, _ in rows if start < 0]
    pieces_are_last = all(start < 0 for _, start, _ in rows[: len(delays)])
    rates_are_normal = all(rate == _NORMAL_RATE for _, start, rate in rows if start >= 0)
    is_simple = len(pieces) <= 1 and pieces_are_last and rates_are_normal
    return _EditList(delays if pieces else [], pieces, is_simple)


def _compute_shown_duration_s(edits: _EditList, movie_scale: int, media_s: float) -> float:
    """Return the duration of the edits that show media. Each is limited to the media's duration,
    and one without a length goes to its end."""
    if not edits.pieces:
        return media_s
    return sum(
        min(length / movie_scale, media_s) if length else media_s for length, _ in edits.pieces
    )


def _read_longest_duration_s(moov: Window, track: Window, moofs: list[Window]) -> float:
    """Return the duration of the longest other track. Until it ends, players show the last frame
    of the video."""
    durations_s = [0.0]
    for other in iterate_children(moov, b"trak"):
        header = find_child(other, b"mdia", b"mdhd")
        table = find_child(other, b"mdia", b"minf", b"stbl", b"stts")
        if (
            header is not None
            and table is not None
            and read_track_id(other) != read_track_id(track)
        ):
            _, ticks = _count_frames_and_ticks(_read_runs(moov, other, moofs))
            durations_s.append(ticks / _read_timescale(header))
    return max(durations_s)


def _iterate_findings(
    runs: list[FrameRun], edits: _EditList, ticks_per_movie_tick: float, held_ticks: float
) -> Iterator[str]:
    """Yield what is unusual about when the frames are shown. The last one is held for
    `held_ticks`."""
    if not edits.is_simple:
        yield "Its edit list repeats, reorders, joins or holds parts of the video."
    times = _read_frame_times(runs)
    if times is None:
        yield "Its fragments overlap, or describe frames in a way that players read differently."
        return
    start, end = (times[0][0], sum(times[-1])) if times else (0, 0)
    for length, edit_start in edits.pieces[:1]:
        start = max(start, edit_start)
        end = min(end, edit_start + int(length * ticks_per_movie_tick)) if length else end
    ends = [*(time for time, _ in times[1:]), end]
    shown: list[float] = [
        max(0, min(until, end) - max(time, start))
        for (time, _), until in zip(times, ends, strict=False)
    ]
    if len(shown) < MIN_SELECTED_FRAMES:
        return
    if shown.count(0) >= MAX_HIDDEN_SHARE * len(shown):
        yield "It hides most of its frames."
    if _compute_unevenness(shown, held_ticks) >= MAX_UNEVENNESS:
        yield "It shows some of its frames much longer than the others."


def _compute_unevenness(shown_ticks: list[float], held_ticks: float) -> float:
    """Return by how much the frames' shares of the time and of the number of frames differ.

    Somebody who watches sees frames weighted by time, a service that selects every n-th frame sees
    them weighted by number: no part of the video has a share in one that is larger by more than
    this than in the other.
    """
    total = sum(shown_ticks) + held_ticks
    if total == 0:
        return 1
    equal_share = 1 / len(shown_ticks)
    seen = [*shown_ticks[:-1], shown_ticks[-1] + held_ticks]
    return sum(max(0, equal_share - ticks / total) for ticks in seen)


def _read_frame_times(runs: list[FrameRun]) -> list[tuple[int, int]] | None:
    """Return when each frame is shown and its duration, in the order in which they are shown. None
    if that is unclear: a run begins before the last frame of the previous one, or there are too
    many frames to compare."""
    times: list[tuple[int, int]] = []
    last_decoded, next_decoded = -1, 0
    for run in runs:
        frames, _ = _count_frames_and_ticks([run])
        decoded = next_decoded if run.start is None else run.start
        is_overlapping = frames > 0 and decoded <= last_decoded
        if not run.is_clear or is_overlapping or len(times) + frames > MAX_TIMED_FRAMES:
            return None
        offsets = _expand(run.time_offsets, frames)
        for duration, offset in zip(_expand(run.durations, frames), offsets, strict=True):
            # As ffmpeg reads it: some writers make up for rounding with a negative duration.
            ticks = duration if duration < _FIRST_NEGATIVE else 0
            times.append((decoded + offset, ticks))
            last_decoded, decoded = decoded, decoded + ticks
        next_decoded = decoded
    return sorted(times)


def _expand(rows: list[tuple[int, int]], frames: int) -> list[int]:
    """Return a value for each frame, 0 for those without a row."""
    values: list[int] = []
    for count, value in rows:
        values += [value] * min(count, frames - len(values))
    return values + [0] * (frames - len(values))


def _read_timescale(header: Window) -> int:
    """Return the ticks per second from an mdhd or mvhd box."""
    (scale,) = header.unpack(">I", 20 if read_version(header) else 12)
    if scale == 0:
        raise UnreadableMediaError("The video's clock has no ticks: its timescale is zero.")
    return int(scale)
