"""The StateStore in memory, for tests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from facescreen.testing.requests import RequestPoint

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


class MemoryStateStore(RequestPoint):
    """A StateStore. Safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes:
        return self._perform("read", self._read, key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        return self._perform("append", self._append, key, position, data)

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        yield from self._perform("list", self._list_keys, prefix, after)

    def snapshot(self) -> Hashable:
        """Return the whole state except the hooks; equal states are equal."""
        return frozenset(self._objects.items()), self._snapshot_requests()

    def restore(self, snapshot: Any) -> None:
        """Return to the state of a snapshot."""
        objects, requests = snapshot
        self._objects = dict(objects)
        self._restore_requests(requests)

    def _read(self, key: str) -> bytes:
        return self._objects.get(key, b"")

    def _append(self, key: str, position: int, data: bytes) -> bool:
        with self._lock:
            stored = self._objects.get(key, b"")
            if len(stored) != position:
                return False
            self._objects[key] = stored + data
            return True

    def _list_keys(self, prefix: str, after: str) -> list[str]:
        return sorted(key for key in self._objects if key.startswith(prefix) and key > after)
