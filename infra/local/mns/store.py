"""Queues, topics and messages in SQLite, so that they survive a restart."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY, created INTEGER NOT NULL, changed INTEGER NOT NULL,
    visibility_s INTEGER NOT NULL, delay_s INTEGER NOT NULL, retention_s INTEGER NOT NULL,
    largest INTEGER NOT NULL, polling_s INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY, created INTEGER NOT NULL, changed INTEGER NOT NULL,
    largest INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS subscriptions (
    topic TEXT NOT NULL, name TEXT NOT NULL, endpoint TEXT NOT NULL, format TEXT NOT NULL,
    filter_tag TEXT NOT NULL, strategy TEXT NOT NULL, created INTEGER NOT NULL,
    changed INTEGER NOT NULL, PRIMARY KEY (topic, name));
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, priority INTEGER NOT NULL,
    enqueued INTEGER NOT NULL, visible INTEGER NOT NULL, first_dequeued INTEGER NOT NULL,
    dequeued INTEGER NOT NULL, receipt TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS next_message ON messages (queue, priority, visible);
"""


@dataclass(frozen=True)
class Message:
    """One message in a queue. Times are epoch milliseconds."""

    id: str
    body: str
    priority: int
    enqueued: int
    visible: int
    first_dequeued: int
    dequeued: int
    receipt: str

    @property
    def md5(self) -> str:
        """Upper-case hex MD5 of the body."""
        return body_md5(self.body)


def body_md5(body: str) -> str:
    """As MNS gives it back for each message."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest().upper()


def now() -> int:
    """Epoch milliseconds."""
    return round(time.time() * 1000)


class Store:
    """One connection; every method is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def run(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """One statement, and the rows it gives."""
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def insert(self, table: str, **fields: object) -> None:
        """One row, over one of the same name."""
        columns, marks = ", ".join(fields), ", ".join("?" * len(fields))
        statement = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
        self.run(statement, *fields.values())

    def one(self, table: str, **where: object) -> dict[str, Any] | None:
        """The row that fits, if there is one."""
        clause = " AND ".join(f"{column} = ?" for column in where)
        rows = self.run(f"SELECT * FROM {table} WHERE {clause}", *where.values())  # noqa: S608
        return dict(rows[0]) if rows else None

    def enqueue(self, queue: str, body: str, *, delay_s: int, priority: int) -> Message:
        """Appends a message that can be received after `delay_s`."""
        moment = now()
        message = Message(
            id=uuid.uuid4().hex.upper(),
            body=body,
            priority=priority,
            enqueued=moment,
            visible=moment + delay_s * 1000,
            first_dequeued=0,
            dequeued=0,
            receipt="",
        )
        self.insert("messages", queue=queue, **vars(message))
        return message

    def receive(self, queue: str, most: int, visibility_s: int, retention_s: int) -> list[Message]:
        """Takes up to `most` visible messages, and hides them for `visibility_s`."""
        moment = now()
        oldest = moment - retention_s * 1000
        self.run("DELETE FROM messages WHERE queue = ? AND enqueued < ?", queue, oldest)
        return [
            self._taken(row["id"], moment, visibility_s)
            for row in self._visible(queue, moment, most)
        ]

    def peek(self, queue: str, most: int) -> list[Message]:
        """Up to `most` visible messages, left as they are."""
        return [_message(row) for row in self._visible(queue, now(), most)]

    def next_visible(self, queue: str) -> int | None:
        """When the next message can be received, in epoch milliseconds."""
        (row,) = self.run("SELECT MIN(visible) AS next FROM messages WHERE queue = ?", queue)
        found: int | None = row["next"]
        return found

    def delete(self, queue: str, receipt: str) -> bool:
        """Deletes what was received with `receipt`, unless it ran out; whether it did."""
        statement = (
            "DELETE FROM messages WHERE queue = ? AND receipt = ? AND visible > ? RETURNING id"
        )
        return bool(self.run(statement, queue, receipt, now()))

    def hide(self, queue: str, receipt: str, visibility_s: int) -> tuple[str, int] | None:
        """Changes when a received message can be received again; a new receipt, and when."""
        fresh, moment = secrets.token_hex(16), now()
        visible = moment + visibility_s * 1000
        statement = (
            "UPDATE messages SET visible = ?, receipt = ? "
            "WHERE queue = ? AND receipt = ? AND visible > ? RETURNING id"
        )
        changed = self.run(statement, visible, fresh, queue, receipt, moment)
        return (fresh, visible) if changed else None

    def count(self, queue: str) -> tuple[int, int, int]:
        """Messages that are active, inactive (received), delayed."""
        (row,) = self.run(
            "SELECT SUM(visible <= ?1) AS active, SUM(visible > ?1 AND dequeued > 0) AS inactive, "
            "SUM(visible > ?1 AND dequeued = 0) AS delayed FROM messages WHERE queue = ?2",
            now(),
            queue,
        )
        return row["active"] or 0, row["inactive"] or 0, row["delayed"] or 0

    def _visible(self, queue: str, moment: int, most: int) -> Iterator[sqlite3.Row]:
        yield from self.run(
            "SELECT * FROM messages WHERE queue = ? AND visible <= ? "
            "ORDER BY priority, enqueued, rowid LIMIT ?",
            queue,
            moment,
            most,
        )

    def _taken(self, message_id: str, moment: int, visibility_s: int) -> Message:
        (row,) = self.run(
            "UPDATE messages SET visible = ?, receipt = ?, dequeued = dequeued + 1, "
            "first_dequeued = CASE first_dequeued WHEN 0 THEN ? ELSE first_dequeued END "
            "WHERE id = ? RETURNING *",
            moment + visibility_s * 1000,
            secrets.token_hex(16),
            moment,
            message_id,
        )
        return _message(row)


def _message(row: sqlite3.Row) -> Message:
    return Message(**{key: row[key] for key in row.keys() if key != "queue"})  # noqa: SIM118
