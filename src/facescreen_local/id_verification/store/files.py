"""The uploaded files, in memory: a face is not written down for the minutes that it is needed."""

from __future__ import annotations

import time

from facescreen_local.id_verification.limits import LARGEST

KEPT_S = 15 * 60
"""Longer than any client goes on asking about the same file."""
MOST_FILES = 100
MOST_BYTES = 10 * LARGEST


class UploadedFiles:
    """The latest ones, by object key. The oldest go first."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[float, bytes]] = {}

    def put(self, key: str, content: bytes) -> None:
        """Keeps `content` for a while, in the place of what was there."""
        self._files.pop(key, None)
        self._files[key] = (time.monotonic(), content)
        self._forget()

    def get(self, key: str) -> bytes | None:
        """The content, if it is still kept."""
        self._forget()
        _, content = self._files.get(key, (0, None))
        return content

    def _forget(self) -> None:
        total = sum(len(content) for _, content in self._files.values())
        for key, (since, content) in list(self._files.items()):
            full = len(self._files) > MOST_FILES or total > MOST_BYTES
            if not full and time.monotonic() - since <= KEPT_S:
                return
            del self._files[key]
            total -= len(content)
