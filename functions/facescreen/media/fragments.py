"""Fragmented MP4, as browsers' MediaRecorder writes it: the frames lie in moof boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso_boxes import children, need, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

# Optional fields, by flag (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
_TFHD_BASE_DATA_OFFSET, _TFHD_DESCRIPTION, _TFHD_DURATION = 0x1, 0x2, 0x8
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_DURATION = 0x1, 0x4, 0x100
_TRUN_PER_SAMPLE = (_TRUN_DURATION, 0x200, 0x400, 0x800)


def samples(moov: Window, track: Window, rest: Iterator[tuple[bytes, Window]]) -> tuple[int, int]:
    """Frames of a track in all fragments, and the time they take in ticks of the media's clock."""
    tkhd = need(track, b"tkhd")
    (track_id,) = tkhd.unpack(">I", 20 if version(tkhd) else 12)
    default = _default_duration(moov, track_id)
    frames = ticks = 0
    for kind, moof in rest:
        if kind != b"moof":
            continue
        for run_frames, run_ticks in _runs(moof, track_id, default):
            frames += run_frames
            ticks += run_ticks
    return frames, ticks


def _default_duration(moov: Window, track_id: int) -> int:
    """Of a frame whose fragment gives none, in ticks."""
    for trex in children(need(moov, b"mvex"), b"trex"):
        found, duration = trex.unpack(">4xI4xI")
        if found == track_id:
            return int(duration)
    return 0


def _runs(moof: Window, track_id: int, default: int) -> Iterator[tuple[int, int]]:
    """Frames and ticks of each run of the track."""
    for traf in children(moof, b"traf"):
        tfhd = need(traf, b"tfhd")
        flags, found = tfhd.unpack(">II")
        if found != track_id:
            continue
        if flags & _TFHD_DURATION:
            at = 8 + 8 * _has(flags, _TFHD_BASE_DATA_OFFSET) + 4 * _has(flags, _TFHD_DESCRIPTION)
            (duration,) = tfhd.unpack(">I", at)
        else:
            duration = default
        for trun in children(traf, b"trun"):
            yield _run(trun, duration)


def _run(trun: Window, default: int) -> tuple[int, int]:
    flags, frames = trun.unpack(">II")
    if not flags & _TRUN_DURATION:
        return frames, frames * default
    at = 8 + 4 * _has(flags, _TRUN_DATA_OFFSET) + 4 * _has(flags, _TRUN_FIRST_FLAGS)
    others = sum(_has(flags, field) for field in _TRUN_PER_SAMPLE) - 1
    return frames, sum(ticks for (ticks,) in trun.rows(f">I{4 * others}x", at, frames))


def _has(flags: int, field: int) -> bool:
    return flags & field != 0
