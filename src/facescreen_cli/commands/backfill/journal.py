"""What a backfill has done so far, in an SQLite file: it survives a kill at any moment.

Each object that is to be screened is a row, which goes from PLANNED to INTENDED before it is
submitted, and to ACCEPTED once the platform has accepted it. After a kill whatever is INTENDED may
have been submitted or not: submitting.py says what becomes of it. It is a database rather than a
file of lines, for states change, counts are asked for, and a step is committed whole or not.

A process that is killed loses nothing of what was committed. A power cut may take the last
moments back (synchronous=NORMAL): then objects are submitted again, which the function's ledger
keeps from being paid again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from click import UsageError

from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.sources import Mark

PLANNED, INTENDED, ACCEPTED, SETTLED = range(4)
"""SETTLED: its verdict stands, or it is not there any more."""
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
    state INTEGER NOT NULL DEFAULT 0,
    verdict TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS unsettled ON objects (state, id) WHERE state < 2;
"""


class Entry(NamedTuple):
    """An object of the journal."""

    id: int
    object: ObjectSummary


@dataclass
class Progress:
    """How far the source was gone over, and what was found."""

    mark: Mark = field(default_factory=Mark)
    planned: bool = False
    """All of it was."""
    selected: int = 0
    """To be screened; of a sample, what it stands for."""
    standing: int = 0
    """Whose verdict stands."""
    gone: int = 0

    @property
    def left_out(self) -> int:
        """By prefix, time or filters."""
        return self.mark.number - self.selected - self.standing - self.gone


class Journal:
    """One backfill's. For one process, and one thread of it, at a time."""

    def __init__(self, path: Path, said: dict[str, Any]) -> None:
        """Opens or begins one; `said` is what was asked for. Raises click.UsageError where another
        process has it, or it is of something else."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._lock_and_check(said)
        except BaseException:
            self._database.close()
            raise

    def _lock_and_check(self, said: dict[str, Any]) -> None:
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.executescript(_SCHEMA)
            before = self._note("said")
            if before is None:
                self._put("said", json.dumps(said))
        except sqlite3.OperationalError:
            raise UsageError(f"another backfill is at work with {self.path}") from None
        except sqlite3.DatabaseError:
            raise UsageError(f"{self.path} is no journal of a backfill") from None
        if before is not None:
            self._check_same(json.loads(before), json.loads(json.dumps(said)))

    def _check_same(self, before: dict[str, Any], said: dict[str, Any]) -> None:
        changed = [name for name in said if before.get(name) != said[name]]
        if changed and not self._count("state > ?", PLANNED):
            self._database.executescript("DELETE FROM objects; DELETE FROM notes;")
            self._put("said", json.dumps(said))
        elif changed:
            now = ", ".join(
                f"{name} is {said[name]!r}, was {before.get(name)!r}" for name in changed
            )
            raise UsageError(
                f"{self.path} is of another, unfinished backfill ({now}): go on with that one, "
                "name another file with --journal, or delete this one"
            )

    def progress(self) -> Progress:
        """What `note` noted last."""
        noted = json.loads(self._note("progress") or "{}")
        return Progress(**{**noted, "mark": Mark(*noted["mark"])}) if noted else Progress()

    def plan(self, objects: Iterable[ObjectSummary], progress: Progress) -> None:
        """Adds objects, each once, and how far that is, in one."""
        rows = ((o.key, o.etag, o.size, o.last_modified.timestamp()) for o in objects)
        with self._transaction():
            self._database.executemany(
                "INSERT OR IGNORE INTO objects (key, etag, size, modified) VALUES (?, ?, ?, ?)",
                rows,
            )
            self._put("progress", json.dumps(asdict(progress)))

    def intend(self, most: int) -> list[Entry]:
        """The next that are PLANNED, INTENDED from here on."""
        entries = self._entries("state = 0 ORDER BY id LIMIT ?", most)
        self.move(entries, INTENDED)
        return entries

    def move(self, entries: Iterable[Entry], state: int) -> None:
        """To another state."""
        with self._transaction():
            self._database.executemany(
                "UPDATE objects SET state = ? WHERE id = ?", ((state, e.id) for e in entries)
            )

    def settle(self, entry: Entry, verdict: str) -> None:
        """What came of it; empty where it is not there any more."""
        self._database.execute(
            "UPDATE objects SET state = ?, verdict = ? WHERE id = ?", (SETTLED, verdict, entry.id)
        )

    def in_state(self, state: int, after: int, most: int) -> list[Entry]:
        """The next of a state by their ids."""
        return self._entries("state = ? AND id > ? ORDER BY id LIMIT ?", state, after, most)

    def whole(self) -> int:
        """Objects, in any state."""
        return self._count("state >= ?", PLANNED)

    def done(self) -> int:
        """Objects that the platform accepted."""
        return self._count("state >= ?", ACCEPTED)

    def waiting(self) -> int:
        """Objects that it accepted, and whose verdict was not seen."""
        return self._count("state = ?", ACCEPTED)

    def verdicts(self) -> dict[str, int]:
        """SETTLED objects by verdict."""
        asked = "SELECT verdict, count(*) FROM objects WHERE state = 3 GROUP BY verdict"
        return dict(self._database.execute(asked))

    def close(self) -> None:
        """Lets another process have it."""
        self._database.close()

    def delete(self) -> None:
        """All was done."""
        self.close()
        self.path.unlink()

    def _entries(self, where: str, *values: int) -> list[Entry]:
        asked = f"SELECT id, key, etag, size, modified FROM objects WHERE {where}"  # noqa: S608
        with closing(self._database.execute(asked, values)) as rows:
            return [
                Entry(
                    id_,
                    ObjectSummary(key, etag, size, datetime.fromtimestamp(modified, timezone.utc)),
                )
                for id_, key, etag, size, modified in rows
            ]

    def _count(self, where: str, state: int) -> int:
        asked = f"SELECT count(*) FROM objects WHERE {where}"  # noqa: S608
        return int(self._database.execute(asked, (state,)).fetchone()[0])

    def _note(self, name: str) -> str | None:
        found = self._database.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def _put(self, name: str, value: str) -> None:
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
