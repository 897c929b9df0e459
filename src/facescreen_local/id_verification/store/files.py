"""The uploaded files, in memory only, because faces are not to be stored on disk."""

from __future__ import annotations

import time

from facescreen_local.id_verification.limits import MAX_MEDIA_BYTES

MAX_AGE_S = 15 * 60
"""Longer than any client keeps sending requests about the same file."""
MAX_FILES = 100
MAX_TOTAL_BYTES = 10 * MAX_MEDIA_BYTES


class UploadedFiles:
    """The latest uploads by object key. The oldest are dropped first."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[float, bytes]] = {}

    def put(self, key: str, content: bytes) -> None:
        """Keep `content` for MAX_AGE_S, replacing an earlier upload with the same key."""
        self._files.pop(key, None)
        self._files[key] = (time.monotonic(), content)
        self._drop_old()

    def get(self, key: str) -> bytes | None:
        """Return the content, None if it is no longer kept."""
        self._drop_old()
        _, content = self._files.get(key, (0, None))
        return content

    def _drop_old(self) -> None:
        total = sum(len(content) for _, content in self._files.values())
        for key, (stored_at, content) in list(self._files.items()):
            is_full = len(self._files) > MAX_FILES or total > MAX_TOTAL_BYTES
            if not is_full and time.monotonic() - stored_at <= MAX_AGE_S:
                return
            del self._files[key]
            total -= len(content)
