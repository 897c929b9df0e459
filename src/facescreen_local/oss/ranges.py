"""Parses the Range header as OSS does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError

_RANGE_PATTERN = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")


@dataclass(frozen=True)
class ByteRange:
    """A range of bytes, both ends included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1


def parse_range(header: str | None, size: int, standard: bool) -> ByteRange | None:
    """Return the requested range, None for the whole object.

    OSS sends the whole object if either end is outside it: ``bytes=0-65535`` of 1,000 bytes returns
    1,000 bytes with status 200. With ``x-oss-range-behavior: standard`` it follows RFC 9110: the
    part of the range that exists, or InvalidRange. Raises OssError.
    """
    match = _RANGE_PATTERN.fullmatch(header or "")
    if match is None:
        return None
    first, last, suffix = (None if text is None else int(text) for text in match.groups())
    if first is not None and last is not None and last < first:
        return None
    if first is not None:
        requested = ByteRange(first, size - 1 if last is None else last)
    else:
        requested = ByteRange(size - (suffix or 0), size - 1)
    if 0 <= requested.first <= requested.last < size:
        return requested
    return _clip_to_object(requested, size) if standard else None


def _clip_to_object(requested: ByteRange, size: int) -> ByteRange:
    if requested.first >= size:
        message = "The requested range cannot be satisfied."
        raise OssError(416, "InvalidRange", message, {"ActualObjectSize": str(size)})
    return ByteRange(max(requested.first, 0), min(requested.last, size - 1))
