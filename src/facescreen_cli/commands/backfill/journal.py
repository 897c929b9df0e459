"""What a backfill has done so far, in an SQLite file that survives a kill at any moment.

Each object to screen is a row. It goes from PLANNED to SUBMITTING before it is submitted, and to
ACCEPTED once the platform has accepted it. After a kill, rows in SUBMITTING may have been submitted
or not: submitting.py finds out. It is a database rather than a file of lines because states change,
counts are needed, and each step must be committed whole or not at all.

A killed process loses nothing that was committed. A power cut may undo the last commits
(synchronous=NORMAL): those objects are submitted again, and the function's ledger prevents a second
payment.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from click import UsageError

from facescreen.model import ObjectType
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.sources import Cursor

PLANNED, SUBMITTING, ACCEPTED, DONE = range(4)
"""DONE: it has a verdict, or was deleted."""
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified REAL NOT NULL,
    type TEXT NOT NULL DEFAULT 'Normal',
    state INTEGER NOT NULL DEFAULT 0,
    verdict TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS unsettled ON objects (state, id) WHERE state < 2;
"""


class JournalEntry(NamedTuple):
    """One object in the journal."""

    id: int
    object: ObjectSummary


@dataclass
class PlanProgress:
    """How much of the source was read, and what was found."""

    cursor: Cursor = field(default_factory=Cursor)
    is_complete: bool = False
    """Whether all of it was read."""
    to_screen: int = 0
    """Objects to screen. With --sample: all that the sample is drawn from."""
    with_verdict: int = 0
    gone: int = 0
    """Objects that were deleted meanwhile."""
    exclusion_reasons: set[str] = field(default_factory=set, compare=False)
    """Why objects were left out in this run, for people. Not kept in the journal."""

    @property
    def left_out(self) -> int:
        """Objects that the prefix, the times or the filters exclude."""
        return self.cursor.number - self.to_screen - self.with_verdict - self.gone

    def to_json(self) -> str:
        """In the field names of the journal's file format, which an older version may have
        written."""
        return json.dumps(
            {
                "mark": self.cursor,
                "planned": self.is_complete,
                "selected": self.to_screen,
                "standing": self.with_verdict,
                "gone": self.gone,
            }
        )

    @classmethod
    def from_json(cls, document: str) -> PlanProgress:
        """The reverse of `to_json`."""
        fields = json.loads(document)
        return cls(
            Cursor(*fields["mark"]),
            fields["planned"],
            fields["selected"],
            fields["standing"],
            fields["gone"],
        )


class BackfillJournal:
    """The journal of one backfill. Used by one thread of one process at a time."""

    def __init__(self, path: Path, request: dict[str, Any]) -> None:
        """Open or create a journal for `request`. Raises click.UsageError if another process uses
        it, or it belongs to another request."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._lock_and_check(request)
        except BaseException:
            self._database.close()
            raise

    def _lock_and_check(self, request: dict[str, Any]) -> None:
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.executescript(_SCHEMA)
            self._add_missing_column()
            stored = self._get_note("said")
            if stored is None:
                self._put_note("said", json.dumps(request))
        except sqlite3.OperationalError:
            raise UsageError(f"another backfill is using {self.path}") from None
        except sqlite3.DatabaseError:
            raise UsageError(f"{self.path} is not a backfill's journal") from None
        if stored is not None:
            self._check_same_request(json.loads(stored), json.loads(json.dumps(request)))

    def _add_missing_column(self) -> None:
        """Version 0.1 did not record the objects' types."""
        with closing(self._database.execute("PRAGMA table_info(objects)")) as columns:
            names = {name for _, name, *_ in columns}
        if "type" not in names:
            self._database.execute(
                "ALTER TABLE objects ADD COLUMN type TEXT NOT NULL DEFAULT 'Normal'"
            )

    def _check_same_request(self, stored: dict[str, Any], request: dict[str, Any]) -> None:
        changed = [name for name in request if stored.get(name) != request[name]]
        if changed and not self._count_entries("state > ?", PLANNED):
            self._database.executescript("DELETE FROM objects; DELETE FROM notes;")
            self._put_note("said", json.dumps(request))
        elif changed:
            differences = ", ".join(
                f"{name} is {request[name]!r}, was {stored.get(name)!r}" for name in changed
            )
            raise UsageError(
                f"{self.path} belongs to another, unfinished backfill ({differences}): continue "
                "that one, name another file with --journal, or delete this one"
            )

    def load_progress(self) -> PlanProgress:
        """The progress that was saved last."""
        saved = self._get_note("progress")
        return PlanProgress.from_json(saved) if saved else PlanProgress()

    def add_planned(self, objects: Iterable[ObjectSummary], progress: PlanProgress) -> None:
        """Add objects, each once, and save the progress in the same transaction."""
        rows = (
            (o.key, o.etag, o.size, o.last_modified.timestamp(), o.object_type.value)
            for o in objects
        )
        with self._transaction():
            self._database.executemany(
                "INSERT OR IGNORE INTO objects (key, etag, size, modified, type) "
                "VALUES (?, ?, ?, ?, ?)",
                rows,
            )
            self._put_note("progress", progress.to_json())

    def start_submitting(self, limit: int) -> list[JournalEntry]:
        """Move the next PLANNED entries to SUBMITTING, and return them."""
        entries = self._select_entries("state = 0 ORDER BY id LIMIT ?", limit)
        self.set_state(entries, SUBMITTING)
        return entries

    def set_state(self, entries: Iterable[JournalEntry], state: int) -> None:
        """Move entries to another state."""
        with self._transaction():
            self._database.executemany(
                "UPDATE objects SET state = ? WHERE id = ?", ((state, e.id) for e in entries)
            )

    def mark_done(self, entry: JournalEntry, verdict: str) -> None:
        """Record the verdict; empty if the object was deleted."""
        self._database.execute(
            "UPDATE objects SET state = ?, verdict = ? WHERE id = ?", (DONE, verdict, entry.id)
        )

    def list_entries_in_state(self, state: int, after_id: int, limit: int) -> list[JournalEntry]:
        """The next entries in a state, ordered by id."""
        return self._select_entries(
            "state = ? AND id > ? ORDER BY id LIMIT ?", state, after_id, limit
        )

    def count_all(self) -> int:
        """Objects in any state."""
        return self._count_entries("state >= ?", PLANNED)

    def count_accepted(self) -> int:
        """Objects that the platform accepted, with and without a verdict."""
        return self._count_entries("state >= ?", ACCEPTED)

    def count_waiting(self) -> int:
        """Objects that were accepted and have no verdict yet."""
        return self._count_entries("state = ?", ACCEPTED)

    def count_by_verdict(self) -> dict[str, int]:
        """DONE objects by verdict."""
        query = "SELECT verdict, count(*) FROM objects WHERE state = 3 GROUP BY verdict"
        return dict(self._database.execute(query))

    def close(self) -> None:
        """Release the file for other processes."""
        self._database.close()

    def delete(self) -> None:
        """Delete the file of a completed backfill."""
        self.close()
        self.path.unlink()

    def _select_entries(self, where: str, *values: int) -> list[JournalEntry]:
        columns = "id, key, etag, size, modified, type"
        query = f"SELECT {columns} FROM objects WHERE {where}"  # noqa: S608
        with closing(self._database.execute(query, values)) as rows:
            return [
                JournalEntry(
                    id_,
                    ObjectSummary(
                        key,
                        etag,
                        size,
                        datetime.fromtimestamp(modified, timezone.utc),
                        ObjectType(object_type),
                    ),
                )
                for id_, key, etag, size, modified, object_type in rows
            ]

    def _count_entries(self, where: str, state: int) -> int:
        query = f"SELECT count(*) FROM objects WHERE {where}"  # noqa: S608
        return int(self._database.execute(query, (state,)).fetchone()[0])

    def _get_note(self, name: str) -> str | None:
        query = "SELECT value FROM notes WHERE name = ?"
        row = self._database.execute(query, (name,)).fetchone()
        return None if row is None else str(row[0])

    def _put_note(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
