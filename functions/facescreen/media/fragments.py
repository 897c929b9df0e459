"""Reads fragmented MP4, as browsers' MediaRecorder writes it: the frames are in moof boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media.iso_boxes import (
    find_child,
    iterate_children,
    read_track_id,
    read_version,
    require_child,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

# Optional fields, by flag (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
_TFHD_BASE_DATA_OFFSET, _TFHD_DESCRIPTION, _TFHD_DURATION = 0x1, 0x2, 0x8
_TFHD_BASE_IS_MOOF = 0x2_0000
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_DURATION, _TRUN_TIME_OFFSET = 0x1, 0x4, 0x100, 0x800
_TRUN_SAMPLE_FIELD_FLAGS = (_TRUN_DURATION, 0x200, 0x400, _TRUN_TIME_OFFSET)


@dataclass(frozen=True)
class FrameRun:
    """Frames that follow each other in time. All times are ticks of the media's clock."""

    start: int | None
    """When its first frame is decoded; None directly after the previous run."""
    durations: list[tuple[int, int]]
    """A number of frames and the duration of each, in the order in which they are decoded."""
    time_offsets: list[tuple[int, int]]
    """A number of frames and how much later than decoded each is shown; empty if none is."""
    is_clear: bool = True
    """Whether all readers find the same frames: their description and their place in the file are
    those that every reader assumes."""


def read_runs(moov: Window, track: Window, moofs: list[Window]) -> Iterator[FrameRun]:
    """Yield the runs of a track in all fragments."""
    track_id = read_track_id(track)
    description, duration = _read_defaults(moov, track_id)
    for moof in moofs:
        yield from _read_fragment(moof, track_id, description, duration)


def _read_defaults(moov: Window, track_id: int) -> tuple[int, int]:
    """Return the sample description and the duration in ticks of a frame whose fragment does not
    contain them."""
    for trex in iterate_children(require_child(moov, b"mvex"), b"trex"):
        found_id, description, duration = trex.unpack(">4xIII")
        if found_id == track_id:
            return description, duration
    return 1, 0


def _read_fragment(
    moof: Window, track_id: int, description: int, duration: int
) -> Iterator[FrameRun]:
    """Yield the runs of the track in one fragment."""
    found_before = False
    for index, traf in enumerate(iterate_children(moof, b"traf")):
        tfhd = require_child(traf, b"tfhd")
        flags, found_id = tfhd.unpack(">II")
        if found_id != track_id:
            continue
        offset = 8 + 8 * _has_flag(flags, _TFHD_BASE_DATA_OFFSET)
        if flags & _TFHD_DESCRIPTION:
            (description,) = tfhd.unpack(">I", offset)
            offset += 4
        if flags & _TFHD_DURATION:
            (duration,) = tfhd.unpack(">I", offset)
        base_flags = flags & (_TFHD_BASE_DATA_OFFSET | _TFHD_BASE_IS_MOOF)
        is_clear = description == 1 and not found_before and (index == 0 or base_flags != 0)
        found_before = True
        start = _read_decode_time(traf)
        for trun in iterate_children(traf, b"trun"):
            yield _read_run(trun, start, duration, is_clear=is_clear)
            start = None


def _read_decode_time(traf: Window) -> int | None:
    tfdt = find_child(traf, b"tfdt")
    if tfdt is None:
        return None
    (time,) = tfdt.unpack(">Q" if read_version(tfdt) else ">I", 4)
    return int(time)


def _read_run(trun: Window, start: int | None, duration: int, *, is_clear: bool) -> FrameRun:
    flags, frames = trun.unpack(">II")
    offset = 8 + 4 * _has_flag(flags, _TRUN_DATA_OFFSET) + 4 * _has_flag(flags, _TRUN_FIRST_FLAGS)
    fields = [flag for flag in _TRUN_SAMPLE_FIELD_FLAGS if flags & flag]
    durations, time_offsets = [(frames, duration)], []
    if _TRUN_DURATION in fields or _TRUN_TIME_OFFSET in fields:
        layout = ">" + "".join(_FIELD_LAYOUTS.get(flag, "4x") for flag in fields)
        rows = list(trun.unpack_rows(layout, offset, frames))
        if _TRUN_DURATION in fields:
            durations = [(1, row[0]) for row in rows]
        if _TRUN_TIME_OFFSET in fields:
            time_offsets = [(1, row[-1]) for row in rows]
    return FrameRun(start, durations, time_offsets, is_clear)


_FIELD_LAYOUTS = {_TRUN_DURATION: "I", _TRUN_TIME_OFFSET: "i"}
"""Time offsets are signed from version 1 on; in version 0, writers that need negative ones use them
all the same."""


def _has_flag(flags: int, flag: int) -> bool:
    return flags & flag != 0
