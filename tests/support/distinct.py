"""Files that show the same picture and have other bytes: one call is paid for each."""

from __future__ import annotations

import struct
import zlib


def make_distinct(data: bytes, name: str) -> bytes:
    """Return a copy that contains `name` where readers ignore it. Bytes that are neither a JPEG, a
    PNG nor an MP4 are returned unchanged."""
    text = name.encode()
    if data.startswith(b"\xff\xd8\xff"):
        after_first_segment = 4 + int.from_bytes(data[4:6], "big")
        comment = b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text
        return data[:after_first_segment] + comment + data[after_first_segment:]
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        after_header = 8 + 4 + 4 + 13 + 4
        chunk = b"tEXt" + b"Comment\0" + text.hex().encode()
        framed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        return data[:after_header] + framed + data[after_header:]
    if data[4:8] == b"ftyp":
        return data + struct.pack(">I", len(text) + 8) + b"free" + text
    return data
