"""A media.Reader in memory that records its reads."""

from __future__ import annotations

from facescreen.media.media import Media
from facescreen.media.probe import probe


class MemoryReader:
    """Reads the content of one object."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)
        self.reads: list[int] = []
        """The number of bytes returned by each read."""

    def read(self, start: int, length: int) -> bytes:
        assert 0 <= start < start + length <= self.size, "a store refuses such a range"
        chunk = self._content[start : start + length]
        self.reads.append(len(chunk))
        return chunk


def probe_bytes(content: bytes, *, max_reads: int = 1) -> Media:
    """Probe the content, in at most `max_reads` requests."""
    reader = MemoryReader(content)
    media = probe(reader)
    assert len(reader.reads) <= max_reads
    return media
