"""Checks what follows a JPEG's picture: phones and cameras append previews, gain maps, depth and
clips, and announce them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.media.exif.directory import read_directory
from facescreen.media.jpeg.segments import (
    APP1,
    APP2,
    END_OF_IMAGE,
    Segment,
    find_frame_size,
    iterate_header_segments,
)
from facescreen.media.media import UnreadableMediaError
from facescreen.media.reader import TooComplexMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_INDEX_PREFIX = b"MPF\0"
_INDEX_ENTRIES_TAG = 0xB002
_INDEX_ENTRY_LAYOUT = "III4x"
_INDEX_ENTRY_SIZE = 16
_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_LIST_OF_ITEMS = b"Container:Directory"
_NOT_PADDING = re.compile(rb"[^\0]")
_START_OF_JPEG = b"\xff\xd8\xff"


def iterate_findings(window: Window, segments: list[Segment]) -> Iterator[str]:
    """Yield a sentence if another JPEG follows the picture directly, nothing announces it, and it
    is not a preview. Readers ignore what else may follow."""
    end = segments[-1]
    if end.marker != END_OF_IMAGE:
        return
    content = window.read_exactly(0, window.size)
    match = _NOT_PADDING.search(content, end.end)
    start = match.start() if match else window.size
    if not content.startswith(_START_OF_JPEG, start):
        return
    if any(_announces(segment, end.end, start) for segment in segments):
        return
    if not _is_preview(window.subwindow(start), segments):
        yield "Another picture follows the first one."


def _is_preview(appended: Window, segments: list[Segment]) -> bool:
    """Return whether the appended picture is smaller than the first one: older cameras append one
    for their screen, and announce it in notes of their own."""
    size = find_frame_size(segments)
    try:
        appended_size = find_frame_size(iterate_header_segments(appended))
    except TooComplexMediaError:
        raise
    except UnreadableMediaError:
        return False
    return appended_size is not None and size is not None and max(appended_size) < min(size)


def _announces(segment: Segment, first: int, last: int) -> bool:
    """Return whether a segment announces a picture that begins from one offset to another: as an
    index of multi-picture format, or as Google's list of items in XMP."""
    content = segment.content
    if segment.marker == APP1 and content.read_up_to(0, len(_XMP_PREFIX)) == _XMP_PREFIX:
        return _XMP_LIST_OF_ITEMS in content.read_exactly(0, content.size)
    if segment.marker != APP2 or content.read_up_to(0, len(_INDEX_PREFIX)) != _INDEX_PREFIX:
        return False
    start = segment.start + len(_INDEX_PREFIX)
    try:
        offsets = _read_index(content.subwindow(len(_INDEX_PREFIX)))
    except TooComplexMediaError:
        raise
    except UnreadableMediaError:
        return False
    return any(first <= start + offset <= last for offset in offsets)


def _read_index(index: Window) -> list[int]:
    """Return the offsets of all pictures of a multi-picture file (CIPA DC-007), relative to the
    index."""
    directory = read_directory(index)
    return [
        offset
        for entry in directory.find_all(_INDEX_ENTRIES_TAG)
        for _, _, offset in directory.read_content(entry, entry.length).unpack_rows(
            directory.order + _INDEX_ENTRY_LAYOUT, 0, entry.length // _INDEX_ENTRY_SIZE
        )
    ]
