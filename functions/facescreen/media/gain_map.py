"""Checks what the metadata of a gain map says about ordinary screens.

A gain map brightens a photo on screens with high dynamic range. Its metadata may also say that the
photo itself is for those screens: then browsers compute another picture for ordinary ones, and the
map decides what it shows (ISO 21496-1, and Adobe's "Gain Map", version 1.0).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facescreen.media.reader import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

_MESSAGE = "Its gain map changes the picture on ordinary screens, in programs that use it."

_ISO_PREFIX = b"urn:iso:std:iso:ts:21496-1\0"
_SEGMENT_LENGTH_BYTES = 2
_VERSION_BYTES = 4
_SHARED_DENOMINATOR_FLAG = 8

_XMP_NAMES = (b"BaseRenditionIsHDR", b"HDRCapacityMin")
_ORDINARY_XMP_VALUES = re.compile(
    rb"""BaseRenditionIsHDR (?: \s*=\s*["'] | \s*> ) \s* False (?![A-Za-z])"""
    rb"""| HDRCapacityMin (?: \s*=\s*["'] | \s*> ) \s* [0-9.]"""
    rb"""| </ [^<>\s:]+ : (?: BaseRenditionIsHDR | HDRCapacityMin ) \s* >""",
    re.VERBOSE,
)
"""The photo is for ordinary screens, and the map has no effect there; or the end of an element."""


def iterate_jpeg_findings(content: bytes) -> Iterator[str]:
    """Yield a sentence if metadata anywhere in a JPEG file or behind it makes a gain map change
    what ordinary screens show."""
    names = sum(map(content.count, _XMP_NAMES))
    in_utf_16 = any(name.decode().encode("utf-16-le")[:-1] in content for name in _XMP_NAMES)
    # Most files have none of the names, and then the pattern is not needed.
    if in_utf_16 or (names and names != sum(1 for _ in _ORDINARY_XMP_VALUES.finditer(content))):
        yield _MESSAGE
    for match in re.finditer(re.escape(_ISO_PREFIX), content):
        before = content[max(0, match.start() - _SEGMENT_LENGTH_BYTES) : match.start()]
        end = match.start() + int.from_bytes(before, "big") - _SEGMENT_LENGTH_BYTES
        yield from iterate_iso_findings(Window.of_bytes(content[match.end() : end]))


def iterate_iso_findings(metadata: Window) -> Iterator[str]:
    """Check metadata of ISO 21496-1. The photo that refers to a gain map has a version only."""
    if metadata.size <= _VERSION_BYTES:
        return
    (flags,) = metadata.unpack("B", _VERSION_BYTES)
    if flags & _SHARED_DENOMINATOR_FLAG:
        denominator, base, alternate = metadata.unpack(">III", _VERSION_BYTES + 1)
        denominators = (denominator, denominator)
    else:
        base, *first, alternate, last = metadata.unpack(">IIII", _VERSION_BYTES + 1)
        denominators = (*first, last)
    if not all(denominators) or base * denominators[1] >= alternate * denominators[0]:
        yield _MESSAGE
