"""Reads fragmented MP4, as browsers' MediaRecorder writes it: the frames are in moof boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso_boxes import iterate_children, read_version, require_child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

# Optional fields, by flag (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
_TFHD_BASE_DATA_OFFSET, _TFHD_DESCRIPTION, _TFHD_DURATION = 0x1, 0x2, 0x8
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_DURATION = 0x1, 0x4, 0x100
_TRUN_SAMPLE_FIELD_FLAGS = (_TRUN_DURATION, 0x200, 0x400, 0x800)


def count_frames_and_ticks(
    moov: Window, track: Window, remaining_boxes: Iterator[tuple[bytes, Window]]
) -> tuple[int, int]:
    """Return the number of frames of a track in all fragments, and their duration in ticks of the
    media's clock."""
    tkhd = require_child(track, b"tkhd")
    (track_id,) = tkhd.unpack(">I", 20 if read_version(tkhd) else 12)
    default_duration = _read_default_duration(moov, track_id)
    frames = ticks = 0
    for kind, moof in remaining_boxes:
        if kind != b"moof":
            continue
        for run_frames, run_ticks in _read_runs(moof, track_id, default_duration):
            frames += run_frames
            ticks += run_ticks
    return frames, ticks


def _read_default_duration(moov: Window, track_id: int) -> int:
    """Return the duration of a frame whose fragment does not contain it, in ticks."""
    for trex in iterate_children(require_child(moov, b"mvex"), b"trex"):
        found_id, duration = trex.unpack(">4xI4xI")
        if found_id == track_id:
            return int(duration)
    return 0


def _read_runs(moof: Window, track_id: int, default_duration: int) -> Iterator[tuple[int, int]]:
    """Yield the frames and ticks of each run of the track."""
    for traf in iterate_children(moof, b"traf"):
        tfhd = require_child(traf, b"tfhd")
        flags, found_id = tfhd.unpack(">II")
        if found_id != track_id:
            continue
        if flags & _TFHD_DURATION:
            offset = (
                8
                + 8 * _has_flag(flags, _TFHD_BASE_DATA_OFFSET)
                + 4 * _has_flag(flags, _TFHD_DESCRIPTION)
            )
            (duration,) = tfhd.unpack(">I", offset)
        else:
            duration = default_duration
        for trun in iterate_children(traf, b"trun"):
            yield _read_run(trun, duration)


def _read_run(trun: Window, default_duration: int) -> tuple[int, int]:
    flags, frames = trun.unpack(">II")
    if not flags & _TRUN_DURATION:
        return frames, frames * default_duration
    offset = 8 + 4 * _has_flag(flags, _TRUN_DATA_OFFSET) + 4 * _has_flag(flags, _TRUN_FIRST_FLAGS)
    other_fields = sum(_has_flag(flags, field) for field in _TRUN_SAMPLE_FIELD_FLAGS) - 1
    return frames, sum(
        ticks for (ticks,) in trun.unpack_rows(f">I{4 * other_fields}x", offset, frames)
    )


def _has_flag(flags: int, flag: int) -> bool:
    return flags & flag != 0
