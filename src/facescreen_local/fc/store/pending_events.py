"""The pending asynchronous events, in a SQLite file, so that they survive a restart."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from facescreen_local.fc.store.event import FunctionEvent

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS events (
    request_id TEXT PRIMARY KEY,
    function TEXT NOT NULL,
    trigger TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted REAL NOT NULL
);
"""


class PendingEvents:
    """The pending events. Use it on the event loop: it blocks, but only for small rows."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def add(self, function: str, event: FunctionEvent) -> None:
        """Store an event for `function`."""
        self._database.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
            (event.request_id, function, event.trigger, event.payload, event.accepted_at),
        )

    def remove(self, event: FunctionEvent) -> None:
        """Remove an event that has succeeded or failed."""
        self._database.execute("DELETE FROM events WHERE request_id = ?", (event.request_id,))

    def list_events(self) -> list[tuple[str, FunctionEvent]]:
        """Return all events with their functions' names, the oldest first."""
        rows = self._database.execute(
            "SELECT function, trigger, payload, request_id, accepted FROM events ORDER BY rowid"
        )
        return [(function, FunctionEvent(*fields)) for function, *fields in rows]

    def close(self) -> None:
        self._database.close()
