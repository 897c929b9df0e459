"""Reads the segments of a JPEG (ITU-T T.81, Annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facescreen.media.media import UnreadableMediaError
from facescreen.media.reader import TooComplexMediaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facescreen.media.reader import Window

FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15, without DHT, JPG and DAC, whose codes are in the same range."""
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = 0xD8, 0xD9, 0xDA
QUANTIZATION_TABLES, RESTART_INTERVAL = 0xDB, 0xDD
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE

_MARKER_PATTERN = re.compile(rb"\xff([^\x00\xff])")
_END_OF_SCAN_PATTERN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_MAX_PADDING_BYTES = 4096
"""A marker must follow within these bytes. Fill bytes may precede it, and decoders skip others
too."""
_MARKERS_WITHOUT_CONTENT = frozenset({0x01, *range(0xD0, 0xDA)})
_LENGTH_SIZE = 2


@dataclass(frozen=True)
class Segment:
    """One segment."""

    marker: int
    """The second byte of its marker."""
    start: int
    """The offset in the file of its content."""
    content: Window
    """What follows its length."""
    end: int
    """The offset in the file of what follows it, for a scan of what follows its compressed data."""
    is_after_strays: bool
    """Whether bytes that belong to no segment come before it."""


def iterate_header_segments(window: Window) -> Iterator[Segment]:
    """Yield the segments before the first scan, where the compressed picture begins."""
    offset = 2
    while True:
        segment = _read_segment(window, offset)
        if segment.marker in (START_OF_SCAN, END_OF_IMAGE):
            return
        yield segment
        offset = segment.end


def iterate_segments(window: Window) -> Iterator[Segment]:
    """Yield all segments up to END_OF_IMAGE, or to the end of a file that is cut in or after its
    first scan: readers show what there is. Each scan ends before the next marker that can't be in
    its compressed data."""
    content = window.read_exactly(0, window.size)
    offset = 2
    has_scan = False
    while True:
        try:
            segment = _read_segment(window, offset)
        except TooComplexMediaError:
            raise
        except UnreadableMediaError:
            if has_scan:
                return
            raise
        if segment.marker == END_OF_IMAGE and not has_scan:
            raise UnreadableMediaError("The JPEG contains no picture.")
        if segment.marker == START_OF_SCAN:
            has_scan = True
            end_of_scan = _END_OF_SCAN_PATTERN.search(content, segment.end)
            end = end_of_scan.start() if end_of_scan else window.size
            segment = replace(segment, end=end)
        yield segment
        if segment.marker == END_OF_IMAGE:
            return
        offset = segment.end


def find_frame_size(segments: Iterable[Segment]) -> tuple[int, int] | None:
    """Return width and height in the first frame header; None if there is none."""
    for segment in segments:
        if segment.marker in FRAME_HEADERS:
            height, width = segment.content.unpack(">xHH")
            return width, height
    return None


def _read_segment(window: Window, offset: int) -> Segment:
    """Read the segment at or behind an offset, a scan without its compressed data."""
    head = window.read_up_to(offset, _MAX_PADDING_BYTES)
    match = _MARKER_PATTERN.search(head)
    if match is None:
        raise UnreadableMediaError("The JPEG is damaged: it ends before its picture.")
    marker = match[1][0]
    start = offset + match.end()
    length = 0
    if marker not in _MARKERS_WITHOUT_CONTENT:
        (length,) = window.unpack(">H", start)
        if length < _LENGTH_SIZE:
            raise UnreadableMediaError("The JPEG is damaged: a segment has no length.")
        start, length = start + _LENGTH_SIZE, length - _LENGTH_SIZE
    has_strays = bool(head[: match.start()].strip(b"\xff"))
    return Segment(marker, start, window.subwindow(start, length), start + length, has_strays)
