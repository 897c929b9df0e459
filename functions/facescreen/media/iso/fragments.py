"""Reads fragmented MP4, as browsers' MediaRecorder writes it: the frames are in moof boxes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facescreen.media.iso.boxes import (
    find_child,
    iterate_boxes,
    iterate_children,
    read_track_id,
    read_version,
    require_child,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

# Optional fields, by flag (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
_TFHD_BASE_DATA_OFFSET, _TFHD_DESCRIPTION, _TFHD_DURATION, _TFHD_SIZE = 0x1, 0x2, 0x8, 0x10
_TFHD_BASE_IS_MOOF = 0x2_0000
_TRUN_DATA_OFFSET, _TRUN_FIRST_FLAGS = 0x1, 0x4
_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_TIME_OFFSET = 0x100, 0x200, 0x400, 0x800
_TRUN_FIELDS = {_TRUN_DURATION: "I", _TRUN_SIZE: "I", _TRUN_FLAGS: "I", _TRUN_TIME_OFFSET: "i"}
"""The fields of each frame. Time offsets are signed from version 1 on; in version 0, writers that
need negative ones use them anyway."""

_BOX_HEADER_BYTES = 8


@dataclass(frozen=True)
class FrameRun:
    """Frames that follow each other in time. All times are ticks of the media's clock."""

    start: int | None
    """When its first frame is decoded; None directly after the previous run."""
    durations: list[tuple[int, int]]
    """A number of frames and the duration of each, in the order in which they are decoded."""
    time_offsets: list[tuple[int, int]]
    """A number of frames and how much later than decoded each is shown; empty if none is."""
    data_start: int = 0
    """The offset of its first frame in the file, for frames in fragments."""
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """A number of frames and the bytes of each, for frames in fragments."""
    is_clear: bool = True
    """Whether all readers find the same frames: their description and their place in the file are
    those that every reader assumes."""

    def locate_frames(self) -> Iterator[tuple[int, int]]:
        """Yield the offset and the length of each frame in a fragment."""
        offset = self.data_start
        for count, size in self.sizes:
            for _ in range(count):
                yield offset, size
                offset += size


@dataclass(frozen=True)
class _Defaults:
    """The values for frames that have none of their own."""

    description: int = 1
    duration: int = 0
    size: int = 0


def read_runs(moov: Window, track: Window, moofs: list[Window]) -> Iterator[FrameRun]:
    """Yield the runs of a track in all fragments."""
    track_id = read_track_id(track)
    all_defaults = list(_iterate_defaults(moov, track_id))
    defaults = all_defaults[0] if all_defaults else _Defaults()
    for moof in moofs:
        fragments = list(iterate_children(moof, b"traf"))
        own = [traf for traf in fragments if _read_track_id(traf) == track_id]
        for traf in own:
            # Only the first has a place that all readers compute alike without a flag.
            has_place = len(own) == 1 and (traf is fragments[0] or _has_base(traf))
            is_clear = has_place and len(all_defaults) <= 1 and _is_in_order(traf)
            yield from _read_fragment(traf, moof.start - _BOX_HEADER_BYTES, defaults, is_clear)


def _iterate_defaults(moov: Window, track_id: int) -> Iterator[_Defaults]:
    for trex in iterate_children(require_child(moov, b"mvex"), b"trex"):
        found_id, description, duration, size = trex.unpack(">4xIIII")
        if found_id == track_id:
            yield _Defaults(description, duration, size)


def _is_in_order(traf: Window) -> bool:
    """Return whether one header and at most one time come before the runs: some readers use the
    first, others the last before each run."""
    kinds = [kind for kind, _ in iterate_boxes(traf)]
    first_run = kinds.index(b"trun") if b"trun" in kinds else len(kinds)
    head = kinds[:first_run]
    return (
        head.count(b"tfhd") == kinds.count(b"tfhd") == 1
        and head.count(b"tfdt") == kinds.count(b"tfdt") <= 1
    )


def _read_track_id(traf: Window) -> int:
    (track_id,) = require_child(traf, b"tfhd").unpack(">4xI")
    return int(track_id)


def _has_base(traf: Window) -> bool:
    (flags,) = require_child(traf, b"tfhd").unpack(">I")
    return bool(flags & (_TFHD_BASE_DATA_OFFSET | _TFHD_BASE_IS_MOOF))


def _read_fragment(
    traf: Window, moof_start: int, defaults: _Defaults, is_clear: bool
) -> Iterator[FrameRun]:
    """Yield the runs of the track in one fragment."""
    base, defaults = _read_header(require_child(traf, b"tfhd"), moof_start, defaults)
    start, data_end = _read_decode_time(traf), base
    for trun in iterate_children(traf, b"trun"):
        run = _read_run(trun, base, data_end, defaults)
        data_end = run.data_start + sum(count * size for count, size in run.sizes)
        yield replace(run, start=start, is_clear=is_clear and defaults.description == 1)
        start = None


def _read_header(tfhd: Window, moof_start: int, defaults: _Defaults) -> tuple[int, _Defaults]:
    """Return the offset that those of the runs are relative to, and the fragment's defaults."""
    (flags,) = tfhd.unpack(">I")
    fields = [flag for flag in _TFHD_FIELDS if flags & flag]
    layout = ">" + "".join(_TFHD_FIELDS[flag] for flag in fields)
    values = dict(zip(fields, tfhd.unpack(layout, 8), strict=True))
    return values.get(_TFHD_BASE_DATA_OFFSET, moof_start), _Defaults(
        values.get(_TFHD_DESCRIPTION, defaults.description),
        values.get(_TFHD_DURATION, defaults.duration),
        values.get(_TFHD_SIZE, defaults.size),
    )


_TFHD_FIELDS = {
    _TFHD_BASE_DATA_OFFSET: "Q",
    _TFHD_DESCRIPTION: "I",
    _TFHD_DURATION: "I",
    _TFHD_SIZE: "I",
}


def _read_decode_time(traf: Window) -> int | None:
    tfdt = find_child(traf, b"tfdt")
    if tfdt is None:
        return None
    (time,) = tfdt.unpack(">Q" if read_version(tfdt) else ">I", 4)
    return int(time)


def _read_run(trun: Window, base: int, data_end: int, defaults: _Defaults) -> FrameRun:
    """Read a run, whose frames are behind those of the previous run if it does not say where."""
    flags, frames = trun.unpack(">II")
    position, data_start = 8, data_end
    if flags & _TRUN_DATA_OFFSET:
        data_start = base + trun.unpack(">i", position)[0]
        position += 4
    if flags & _TRUN_FIRST_FLAGS:
        position += 4
    fields = [flag for flag in _TRUN_FIELDS if flags & flag]
    columns: dict[int, list[tuple[int, int]]] = {}
    if fields:
        layout = ">" + "".join(_TRUN_FIELDS[flag] for flag in fields)
        rows = list(trun.unpack_rows(layout, position, frames))
        columns = {flag: [(1, row[index]) for row in rows] for index, flag in enumerate(fields)}
    return FrameRun(
        None,
        columns.get(_TRUN_DURATION, [(frames, defaults.duration)]),
        columns.get(_TRUN_TIME_OFFSET, []),
        data_start,
        columns.get(_TRUN_SIZE, [(frames, defaults.size)]),
    )
