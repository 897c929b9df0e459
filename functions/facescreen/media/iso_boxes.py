"""The boxes that MP4, QuickTime and HEIF files are made of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.media import UnreadableMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.media.reader import Window


def boxes(window: Window, at: int = 0) -> Iterator[tuple[bytes, Window]]:
    """Type and content of each box, in order. A few bytes left over at the end are QuickTime's
    terminator, or padding."""
    while window.size - at >= 8:
        size, kind = window.unpack(">I4s", at)
        header = 8
        if size == 1:
            (size,) = window.unpack(">Q", at + 8)
            header = 16
        elif size == 0:
            size = window.size - at
        yield kind, window.part(at + header, size - header)
        at += size


def children(parent: Window, kind: bytes) -> Iterator[Window]:
    """The contents of the boxes of one type."""
    return (content for found, content in boxes(parent) if found == kind)


def find(parent: Window, *path: bytes) -> Window | None:
    """The content of the first box at the end of a path of first boxes."""
    inner: Window | None = parent
    for kind in path:
        if inner is None:
            break
        inner = next(children(inner, kind), None)
    return inner


def need(parent: Window, *path: bytes) -> Window:
    """As `find`, where a file without that box is damaged."""
    found = find(parent, *path)
    if found is None:
        raise UnreadableMediaError(f"The file is damaged: it has no {path[-1].decode()} box.")
    return found


def version(full_box: Window) -> int:
    """Of a box that has one: 64-bit fields take the place of 32-bit ones with it."""
    return full_box.take(0, 1)[0]


def brands(window: Window) -> list[bytes]:
    """What a file says it conforms to: the major brand, then the compatible ones."""
    ftyp = need(window, b"ftyp")
    (major,) = ftyp.unpack("4s")
    compatible = ftyp.rows("4s", 8, max(0, ftyp.size - 8) // 4)
    return [major, *(brand for (brand,) in compatible)]
