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
        entry = LedgerEntry.parse(key, self._store.read(key))
        return entry if self._accepts_emulated else entry.without_emulated()

    def try_append(self, key: str, length: int, line: dict[str, Any]) -> int:
        """Append at `length`. Returns the new length, or 0 if the entry has another length."""
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            is_appended = self._store.append(key, length, data)
        except TransientError:
            # The line may have arrived, and only the answer was lost.
            arrived = self._store.read(key)[length:]
            if not arrived:
                raise
            is_appended = arrived.startswith(data)
        else:
            # The HTTP client sends a request again by itself if its answer is lost. The store then
            # refuses the second one, although the line has arrived.
            is_appended = is_appended or self._store.read(key)[length:].startswith(data)
        return length + len(data) if is_appended else 0

    def append(self, key: str, line: dict[str, Any], length: int) -> int:
        """Append `line`, also where others append at the same time, and retry for some seconds: a
        finding that is lost is paid for again. `length` is the likely length of the entry. Returns
        the new one."""
        return retry(
            lambda: self._append_once(key, line, length), _RETRY_DELAYS_S, self._clock.sleep
        )

    def _append_once(self, key: str, line: dict[str, Any], length: int) -> int:
        while not (new_length := self.try_append(key, length, line)):
            length = len(self._store.read(key))
        return new_length
