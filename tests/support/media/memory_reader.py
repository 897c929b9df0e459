"""A media.Reader in memory, which counts the bytes read."""

from __future__ import annotations

from facescreen.media.media import Media
from facescreen.media.probe import probe


class MemoryReader:
    """The content of one object."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)
        self.reads: list[int] = []
        """The number of bytes returned by each read."""

    def read(self, start: int, length: int) -> bytes:
        assert 0 <= start < start + length <= self.size, "a range that a store would refuse"
        answer = self._content[start : start + length]
        self.reads.append(len(answer))
        return answer


def probe_bytes(content: bytes, *, max_reads: int = 1) -> Media:
    """Probe the content, in at most `max_reads` requests."""
    stored = MemoryReader(content)
    media = probe(stored)
    assert len(stored.reads) <= max_reads
    return media
