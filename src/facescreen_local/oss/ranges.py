"""The Range header, read as OSS reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError

_BYTES = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")


@dataclass(frozen=True)
class ByteRange:
    """Both ends count."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """In bytes."""
        return self.last - self.first + 1


def byte_range(header: str | None, size: int, standard: bool) -> ByteRange | None:
    """The bytes asked for, or None for the whole object.

    OSS sends the whole object when any end lies outside it: ``bytes=0-65535`` of 1,000 bytes is
    1,000 bytes with status 200. With ``x-oss-range-behavior: standard`` it does as RFC 9110 says:
    what there is of it, or InvalidRange. Raises OssError.
    """
    asked = _BYTES.fullmatch(header or "")
    if asked is None:
        return None
    first, last, suffix = (None if text is None else int(text) for text in asked.groups())
    if first is not None and last is not None and last < first:
        return None
    if first is not None:
        wanted = ByteRange(first, size - 1 if last is None else last)
    else:
        wanted = ByteRange(size - (suffix or 0), size - 1)
    if 0 <= wanted.first <= wanted.last < size:
        return wanted
    return _standard(wanted, size) if standard else None


def _standard(wanted: ByteRange, size: int) -> ByteRange:
    if wanted.first >= size:
        text = "The requested range cannot be satisfied."
        raise OssError(416, "InvalidRange", text, {"ActualObjectSize": str(size)})
    return ByteRange(max(wanted.first, 0), min(wanted.last, size - 1))
