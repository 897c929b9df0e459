"""The asynchronous events that are on their way, in a SQLite file: they survive a restart."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from facescreen_local.fc.store.event import Event

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


class Journal:
    """Used on the event loop alone: its writes are one small row each."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def add(self, function: str, event: Event) -> None:
        """Keeps an event that was accepted for `function`."""
        self._database.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
            (event.request_id, function, event.trigger, event.payload, event.accepted),
        )

    def remove(self, event: Event) -> None:
        """Forgets an event that has come to its end."""
        self._database.execute("DELETE FROM events WHERE request_id = ?", (event.request_id,))

    def events(self) -> list[tuple[str, Event]]:
        """All that are kept, each with its function's name, in the order of their acceptance."""
        rows = self._database.execute(
            "SELECT function, trigger, payload, request_id, accepted FROM events ORDER BY rowid"
        )
        return [(function, Event(*fields)) for function, *fields in rows]

    def close(self) -> None:
        self._database.close()
