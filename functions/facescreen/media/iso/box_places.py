"""Finds boxes in places where only some players read them, or read them as something else: parts of
a movie's description, and covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.media.iso.boxes import iterate_clipped_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window

_FILE = b""
_PARENTS = {
    **dict.fromkeys((b"ftyp", b"moov", b"moof"), (_FILE,)),
    **dict.fromkeys((b"mvhd", b"trak", b"mvex"), (b"moov",)),
    **dict.fromkeys((b"tkhd", b"edts", b"mdia"), (b"trak",)),
    **dict.fromkeys((b"mdhd", b"minf"), (b"mdia",)),
    **dict.fromkeys(
        (b"stsd", b"stts", b"ctts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss"),
        (b"stbl",),
    ),
    **dict.fromkeys((b"tfhd", b"tfdt", b"trun"), (b"traf",)),
    b"elst": (b"edts",),
    b"stbl": (b"minf",),
    b"trex": (b"mvex",),
    b"traf": (b"moof",),
    b"dref": (b"dinf",),
    b"dinf": (b"minf", b"meta"),
    b"hdlr": (b"mdia", b"minf", b"meta"),
}
"""Where each box of a description belongs."""

_CONTAINERS = frozenset(
    {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"moof", b"traf"}
    | {b"udta", b"ilst", b"tref", b"gmhd", b"wave", b"sinf", b"schi", b"wide", b"hoov"}
)
"""Boxes that players look into for others."""

_MAX_DEPTH = 12

_ENTRY_HEADER_SIZES = (8, 28, 44, 64, 78)
"""The bytes before the boxes in sample entries of data, of three versions of sound, and of video.
Not all players choose by the handler."""


_PICTURE_TYPES = frozenset({b"\0\0\x0d", b"\0\0\x0e", b"\0\0\x1b"})
"""JPEG, PNG and BMP, among the types of QuickTime's metadata."""


def has_misplaced_box(file: Window) -> bool:
    """Return whether a box is in a place where it doesn't belong, or too deep to be looked at. Some
    players read it there, in place of the one that others read."""
    return any(
        box.depth >= _MAX_DEPTH or box.parent_kind not in _PARENTS.get(box.kind, (box.parent_kind,))
        for box in _iterate_placed(file)
    )


def has_cover_in_front(file: Window) -> bool:
    """Return whether a cover comes before the first track. Players that number what they find show
    the first picture: OpenCV does."""
    for box in _iterate_placed(file):
        if box.kind == b"trak":
            return False
        if box.kind == b"data" and box.content.read_up_to(1, 3) in _PICTURE_TYPES:
            return True
    return False


@dataclass(frozen=True)
class _PlacedBox:
    """A box, and where it is."""

    kind: bytes
    content: Window
    parent_kind: bytes
    depth: int
    """The number of boxes around it."""


def _iterate_placed(
    parent: Window, parent_kind: bytes = _FILE, offset: int = 0, depth: int = 0
) -> Iterator[_PlacedBox]:
    """Yield all boxes that players find in a file or a box, in order, one level deeper than players
    look."""
    for kind, content in iterate_clipped_boxes(parent, offset):
        yield _PlacedBox(kind, content, parent_kind, depth)
        if depth >= _MAX_DEPTH:
            return
        for part, part_kind, start in _iterate_parts(kind, content, parent_kind):
            yield from _iterate_placed(part, part_kind, start, depth + 1)


def _iterate_parts(
    kind: bytes, content: Window, parent_kind: bytes
) -> Iterator[tuple[Window, bytes, int]]:
    """Yield what players look into in a box, the type of box that it is, and where they begin."""
    if kind == b"stsd":
        for entry_kind, entry in iterate_clipped_boxes(content, 8):
            yield from ((entry, entry_kind, size) for size in _ENTRY_HEADER_SIZES)
    elif kind == b"meta":
        yield from ((content, kind, start) for start in _iterate_starts(content))
    elif kind in _CONTAINERS or parent_kind == b"ilst":
        yield content, kind, 0


def _iterate_starts(meta: Window) -> Iterator[int]:
    """Yield where the boxes in a meta box may begin: QuickTime's has no version and flags, and some
    players search for the handler."""
    yield from (0, 4)
    content = meta.read_exactly(0, meta.size)
    found = content.find(b"hdlr")
    while found > 0 and found % 4:
        found = content.find(b"hdlr", found + 1)
    if found > 8:
        yield found - 4
