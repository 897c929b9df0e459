"""Reads the boxes of MP4, QuickTime and HEIF files (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window


def iterate_boxes(window: Window, offset: int = 0) -> Iterator[tuple[bytes, Window]]:
    """Yield the type and content of each box, in order. A few remaining bytes at the end are
    QuickTime's terminator, or padding."""
    while window.size - offset >= 8:
        size, kind = window.unpack(">I4s", offset)
        header_size = 8
        if size == 1:
            (size,) = window.unpack(">Q", offset + 8)
            header_size = 16
        elif size == 0:
            size = window.size - offset
        yield kind, window.subwindow(offset + header_size, size - header_size)
        offset += size


def iterate_clipped_boxes(window: Window, offset: int = 0) -> Iterator[tuple[bytes, Window]]:
    """Yield the boxes as tolerant players read them. One that is longer than what it is in ends
    there: a file may be cut off, or a phone may have added bytes that are no box."""
    while window.size - offset >= 8:
        size, kind = window.unpack(">I4s", offset)
        header_size = 8
        if size == 1 and window.size - offset >= 16:
            (size,) = window.unpack(">Q", offset + 8)
            header_size = 16
        elif size == 0:
            size = window.size - offset
        if size < header_size:
            return
        content_size = min(size, window.size - offset) - header_size
        yield kind, window.subwindow(offset + header_size, content_size)
        offset += size


def group_children(parent: Window) -> dict[bytes, list[Window]]:
    """Return the contents of all child boxes by type, in order."""
    children: dict[bytes, list[Window]] = {}
    for kind, content in iterate_boxes(parent):
        children.setdefault(kind, []).append(content)
    return children


def has_repeated(children: dict[bytes, list[Window]], kinds: frozenset[bytes]) -> bool:
    """Return whether a box of one of these types, which may occur only once, occurs again: some
    readers use the first one, others the last."""
    return any(len(children.get(kind, ())) > 1 for kind in kinds)


def iterate_children(parent: Window, kind: bytes) -> Iterator[Window]:
    """Yield the contents of the boxes of one type."""
    return (content for found_kind, content in iterate_boxes(parent) if found_kind == kind)


def find_child(parent: Window, *path: bytes) -> Window | None:
    """Return the content of the box at a path, taking the first box of each type; None if there
    is none."""
    inner: Window | None = parent
    for kind in path:
        if inner is None:
            break
        inner = next(iterate_children(inner, kind), None)
    return inner


def require_child(parent: Window, *path: bytes) -> Window:
    """Return the content of the box at a path. Raises UnreadableMediaError if there is none."""
    child = find_child(parent, *path)
    if child is None:
        raise UnreadableMediaError(f"The file is damaged: it has no {path[-1].decode()} box.")
    return child


def read_version(full_box: Window) -> int:
    """Return a full box's version: from version 1 on, some 32-bit fields have 64 bits."""
    return full_box.read_exactly(0, 1)[0]


def read_track_id(track: Window) -> int:
    """Return the number that identifies a track."""
    tkhd = require_child(track, b"tkhd")
    (track_id,) = tkhd.unpack(">I", 20 if read_version(tkhd) else 12)
    return int(track_id)


def read_brands(window: Window) -> list[bytes]:
    """Return the file's brands: the major brand, then the compatible ones."""
    ftyp = require_child(window, b"ftyp")
    (major,) = ftyp.unpack("4s")
    compatible = ftyp.unpack_rows("4s", 8, max(0, ftyp.size - 8) // 4)
    return [major, *(brand for (brand,) in compatible)]
