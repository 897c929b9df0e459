"""Finds boxes of a movie's description in places where they don't belong. Some players read them
there, in place of those that others read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.iso.boxes import iterate_intact_boxes

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


def has_misplaced_box(file: Window) -> bool:
    """Return whether a box is in a place where it doesn't belong, or too deep to be looked at."""
    return any(True for _ in _iterate_misplaced(file, _FILE))


def _iterate_misplaced(
    parent: Window, parent_kind: bytes, offset: int = 0, depth: int = _MAX_DEPTH
) -> Iterator[bytes]:
    """Yield the type of each box that should not be in this parent, or in one of its children."""
    for kind, content in iterate_intact_boxes(parent, offset):
        if depth == 0 or parent_kind not in _PARENTS.get(kind, (parent_kind,)):
            yield kind
        elif kind == b"stsd":
            for entry_kind, entry in iterate_intact_boxes(content, 8):
                for size in _ENTRY_HEADER_SIZES:
                    yield from _iterate_misplaced(entry, entry_kind, size, depth - 1)
        elif kind == b"meta":
            # QuickTime's has no version and flags.
            yield from _iterate_misplaced(content, kind, 0, depth - 1)
            yield from _iterate_misplaced(content, kind, 4, depth - 1)
        elif kind in _CONTAINERS:
            yield from _iterate_misplaced(content, kind, 0, depth - 1)
