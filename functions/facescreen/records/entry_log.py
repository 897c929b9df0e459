"""The entry log: reads the ledger's entries, and appends lines to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.errors import TransientError
from facescreen.records.ledger_entry import LedgerEntry
from facescreen.timing import retry

if TYPE_CHECKING:
    from facescreen.storage.ports import StateStore
    from facescreen.timing import Clock

_RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0)


class EntryLog:
    """The entries in a state bucket. An append names the length that was read
    (StateStore.append), so that two workers never both append at the same place."""

    def __init__(self, store: StateStore, clock: Clock, *, accepts_emulated: bool) -> None:
        """Without `accepts_emulated`, entries are read without the findings of an emulator."""
        self._store = store
        self._clock = clock
        self._accepts_emulated = accepts_emulated

    def read(self, key: str) -> LedgerEntry:
        """Return an entry; an empty one if there is none. Raises InvalidLedgerEntryError."""
        return self._parse(key, self._store.read(key))

    def try_append(
        self, key: str, entry: LedgerEntry, line: dict[str, Any]
    ) -> tuple[LedgerEntry, bool]:
        """Append `line` to an entry as it was read. Returns the entry as it is now, and whether the
        line was appended: not if somebody else has appended first."""
        data = _encode(line)
        content = self._append_at(key, entry.length, data)
        if content is None:
            return entry.with_line(line, len(data)), True
        return self._parse(key, content), content[entry.length :].startswith(data)

    def append(self, key: str, line: dict[str, Any], length: int) -> int:
        """Append `line`, also where others append at the same time, and retry for some seconds: a
        finding that is lost is paid for again. `length` is the likely length of the entry. Returns
        the new one."""
        return retry(
            lambda: self._append_once(key, line, length), _RETRY_DELAYS_S, self._clock.sleep
        )

    def _append_once(self, key: str, line: dict[str, Any], length: int) -> int:
        data = _encode(line)
        while (content := self._append_at(key, length, data)) is not None:
            if content[length:].startswith(data):
                break
            length = len(content)
        return length + len(data)

    def _append_at(self, key: str, length: int, data: bytes) -> bytes | None:
        """Append at `length`. If it is not certain that `data` was appended there, returns all that
        the entry holds."""
        try:
            if self._store.append(key, length, data):
                return None
        except TransientError:
            # The data may have arrived, and only the answer was lost.
            content = self._store.read(key)
            if len(content) <= length:
                raise
            return content
        # The HTTP client sends a request again by itself if its answer is lost. The store then
        # refuses the second one, although the data has arrived.
        return self._store.read(key)

    def _parse(self, key: str, content: bytes) -> LedgerEntry:
        entry = LedgerEntry.parse(key, content)
        return entry if self._accepts_emulated else entry.without_emulated()


def _encode(line: dict[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
