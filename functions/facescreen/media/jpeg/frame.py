"""Checks that a JPEG's frame and scans are one picture to all decoders.

Decoders agree on files that follow the standard's common processes. They differ on what they do
with scans that send a part of the picture again, tables that change between scans, markers in
compressed data, and color transforms that are announced twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media.jpeg.segments import (
    APP14,
    FRAME_HEADERS,
    QUANTIZATION_TABLES,
    RESTART_INTERVAL,
    START_OF_SCAN,
    Segment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_PROGRESSIVE = 0xC2
_COMMON_FRAME_HEADERS = (0xC0, 0xC1, _PROGRESSIVE)
"""Baseline, extended sequential and progressive, with Huffman codes."""
_COMMON_MARKERS = frozenset(
    {*_COMMON_FRAME_HEADERS, 0xC4, 0xD9, START_OF_SCAN, QUANTIZATION_TABLES, RESTART_INTERVAL}
    | {*range(0xE0, 0xF0), 0xFE}
)
_RESTARTS = [bytes([0xFF, 0xD0 + number]) for number in range(8)]
_MAX_RESTARTS = 250_000
_MAX_RESTARTS_AT_END = 8
_UNSEEN = 0xFF
_COEFFICIENTS = 64
_YCBCR_TRANSFORM = 1

_UNCOMMON = "It has parts that only some programs understand."
_SENT_TWICE = "It contains parts of its picture twice, of which programs choose different ones."


@dataclass(frozen=True)
class _Component:
    identifier: int
    horizontal: int
    vertical: int
    """The sampling factors."""


@dataclass(frozen=True)
class _Frame:
    marker: int
    precision: int
    width: int
    height: int
    components: tuple[_Component, ...]


def iterate_findings(window: Window, segments: list[Segment]) -> Iterator[str]:
    """Yield a sentence if decoders show different pictures."""
    markers = [segment.marker for segment in segments]
    first_scan = markers.index(START_OF_SCAN)
    frames = [segment for segment in segments if segment.marker in FRAME_HEADERS]
    if len(frames) > 1 or not any(marker in FRAME_HEADERS for marker in markers[:first_scan]):
        yield "It contains more than one picture."
        return
    if not _COMMON_MARKERS.issuperset(markers):
        yield _UNCOMMON
    if any(segment.is_after_strays for segment in segments[first_scan:]):
        yield "It has bytes between its scans, which programs read differently."
    frame = _read_frame(frames[0])
    yield from _check_frame(frame, segments)
    yield from _check_scans(window, frame, segments)
    yield from _check_quantization_tables(segments)


def _read_frame(segment: Segment) -> _Frame:
    precision, height, width, count = segment.content.unpack(">BHHB")
    rows = segment.content.unpack_rows("BBx", 6, count)
    components = tuple(
        _Component(identifier, max(factors >> 4, 1), max(factors & 15, 1))
        for identifier, factors in rows
    )
    return _Frame(segment.marker, precision, width, height, components)


def _check_frame(frame: _Frame, segments: list[Segment]) -> Iterator[str]:
    identifiers = [component.identifier for component in frame.components]
    if frame.precision != 8 or len(set(identifiers)) < len(identifiers):
        yield _UNCOMMON
    if len(identifiers) not in (1, 3):
        yield "Its colors are for printing (CMYK), which programs show differently."
    if len(identifiers) == 3 and (
        bytes(identifiers) == b"RGB"
        or any(transform != _YCBCR_TRANSFORM for transform in _iterate_transforms(segments))
    ):
        yield "Its colors are stored in a way that programs read differently."


def _iterate_transforms(segments: list[Segment]) -> Iterator[int]:
    """Yield the color transform of each Adobe segment."""
    for segment in segments:
        content = segment.content
        if (
            segment.marker == APP14
            and content.size >= 12
            and content.read_exactly(0, 5) == b"Adobe"
        ):
            yield content.read_exactly(11, 1)[0]


def _check_scans(window: Window, frame: _Frame, segments: list[Segment]) -> Iterator[str]:
    """Check that the scans send each part of the picture once, and each refinement in its order."""
    sent_bits = {
        component.identifier: bytearray([_UNSEEN]) * _COEFFICIENTS for component in frame.components
    }
    restart_interval = 0
    for segment in segments:
        if segment.marker == RESTART_INTERVAL:
            (restart_interval,) = segment.content.unpack(">H")
        elif segment.marker == START_OF_SCAN:
            scan = _read_scan(frame, segment)
            if scan is None or not _record_scan(scan, sent_bits):
                yield _SENT_TWICE
                return
            if not _has_restarts_in_order(window, frame, scan, segment, restart_interval):
                yield "Its compressed data is damaged, so that programs show different pictures."


@dataclass(frozen=True)
class _Scan:
    components: tuple[_Component, ...]
    first: int
    last: int
    """The coefficients that it sends."""
    bits_before: int
    bits_left: int
    """The lowest bit that was sent before it, and the lowest one that it sends; 0 for none."""


def _read_scan(frame: _Frame, segment: Segment) -> _Scan | None:
    """Return a scan's header; None if it is not one for this frame."""
    (count,) = segment.content.unpack("B")
    selectors = [selector for (selector,) in segment.content.unpack_rows("Bx", 1, count)]
    components = tuple(c for c in frame.components if c.identifier in selectors)
    if not count or len(components) < count:
        return None
    if frame.marker != _PROGRESSIVE:
        return _Scan(components, 0, _COEFFICIENTS - 1, 0, 0)
    first, last, bits = segment.content.unpack("BBB", 1 + 2 * count)
    if not first <= last < _COEFFICIENTS:
        return None
    return _Scan(components, first, last, bits >> 4, bits & 15)


def _record_scan(scan: _Scan, sent_bits: dict[int, bytearray]) -> bool:
    """Record what a scan sends. Return whether it sends only what was not sent before it."""
    for component in scan.components:
        sent = sent_bits[component.identifier]
        for coefficient in range(scan.first, scan.last + 1):
            if sent[coefficient] != (scan.bits_before or _UNSEEN):
                return False
            if scan.bits_before and scan.bits_left != scan.bits_before - 1:
                return False
            sent[coefficient] = scan.bits_left
    return True


def _has_restarts_in_order(
    window: Window, frame: _Frame, scan: _Scan, segment: Segment, interval: int
) -> bool:
    """Return whether the markers in a scan's data are the restarts that its interval asks for, or
    the first ones of them in a file that is cut. Decoders skip others, or stop there."""
    content = window.read_exactly(0, window.size)
    start = segment.start + segment.content.size
    end = _skip_restarts_at_end(content, segment.end)
    total = sum(content.count(marker, start, end) for marker in _RESTARTS)
    if total == 0:
        return True
    if not interval or total > min(_MAX_RESTARTS, -(-_count_units(frame, scan) // interval) - 1):
        return False
    for number in range(total):
        start = content.find(_RESTARTS[number % len(_RESTARTS)], start, end) + 2
        if start < 2:
            return False
    return True


def _skip_restarts_at_end(content: bytes, end: int) -> int:
    """Return the end of a scan's data without the restarts behind its last unit, which some cameras
    write."""
    for _ in range(_MAX_RESTARTS_AT_END):
        if content[end - 2 : end] not in _RESTARTS:
            break
        end -= 2
    return end


def _count_units(frame: _Frame, scan: _Scan) -> int:
    """Return the number of units of a scan: what a restart interval counts."""
    horizontal = max(component.horizontal for component in frame.components)
    vertical = max(component.vertical for component in frame.components)
    if len(scan.components) > 1:
        return -(-frame.width // (8 * horizontal)) * -(-frame.height // (8 * vertical))
    component = scan.components[0]
    return -(-frame.width * component.horizontal // (8 * horizontal)) * -(
        -frame.height * component.vertical // (8 * vertical)
    )


def _check_quantization_tables(segments: list[Segment]) -> Iterator[str]:
    """Check that no table changes after the first scan: some decoders use the last one."""
    tables: dict[int, bytes] = {}
    has_scan = False
    for segment in segments:
        has_scan = has_scan or segment.marker == START_OF_SCAN
        if segment.marker != QUANTIZATION_TABLES:
            continue
        for number, table in _iterate_tables(segment.content):
            if has_scan and tables.get(number, table) != table:
                yield _SENT_TWICE
            tables[number] = table


def _iterate_tables(content: Window) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset < content.size:
        (header,) = content.unpack("B", offset)
        size = _COEFFICIENTS * (2 if header >> 4 else 1)
        yield header & 15, content.read_up_to(offset, 1 + size)
        offset += 1 + size
