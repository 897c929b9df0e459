"""The one-picture rule: all common readers must show the same picture of a file.

Common readers are browsers, the viewers of macOS and Windows, Pillow, OpenCV, and the store's image
processing. The service judges what its reader shows, people look at what theirs shows, and an
uploader chooses the bytes. So where readers may differ, or where that can't be determined, a file
counts as more than one picture (docs/limits.md, "One picture").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.media.reader import MAX_BYTES_READ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facescreen.media.reader import Window


def find_second_picture(
    window: Window, iterate_findings: Callable[[Window], Iterator[str]]
) -> str | None:
    """Return the first sentence about a second picture; None if there is none.

    Files over MAX_BYTES_READ are not inspected: the rules refuse them for their size.
    """
    return None if window.size > MAX_BYTES_READ else next(iterate_findings(window), None)
