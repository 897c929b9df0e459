"""The messages in queues: who may have them, and until when."""

from __future__ import annotations

import re
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, fields, replace

from facescreen_local.mns.store.clock import now
from facescreen_local.protocol.database import Database

# The SDK puts a receipt handle into its URLs as it is, so it has nothing to be escaped.
_HANDLE = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")


class InvalidReceiptHandleError(ValueError):
    """No queue ever gave out such a receipt handle."""


@dataclass(frozen=True)
class Message:
    """Times are in milliseconds since the epoch, or 0. `receipt` is empty in a plain message."""

    number: int
    id: str
    body: str
    priority: int
    enqueued: int
    visible: int
    first_dequeued: int
    dequeue_count: int
    receipt: str

    @property
    def handle(self) -> str:
        """What its receiver deletes or hides it by, until `visible`."""
        return f"{self.number}-{self.receipt}"


@dataclass(frozen=True)
class Counts:
    """Messages that can be received, that have been and are hidden, and that are delayed."""

    active: int
    inactive: int
    delayed: int


class Messages:
    """Rows of the table of the same name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, queue: str, body: str, priority: int, delay_s: int) -> Message:
        """The message as it is now; a delayed one has a receipt already."""
        moment = now()
        receipt = _new_receipt() if delay_s else ""
        row = (uuid.uuid4().hex.upper(), queue, body, priority, moment, moment + delay_s * 1000)
        with self._database.transaction() as db:
            number = db.execute(
                "INSERT INTO messages (id, queue, body, priority, enqueued, visible,"
                " first_dequeued, dequeue_count, receipt) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?)",
                (*row, receipt),
            ).lastrowid
            made = db.execute("SELECT * FROM messages WHERE number = ?", (number,))
            return _message(made.fetchone())

    def expire(self, queue: str, retention_s: int) -> None:
        """Deletes what has been in the queue for longer."""
        oldest = now() - retention_s * 1000
        with self._database.transaction() as db:
            db.execute("DELETE FROM messages WHERE queue = ? AND enqueued <= ?", (queue, oldest))

    def peek(self, queue: str, most: int) -> list[Message]:
        """The next messages, left as they are."""
        with self._database.transaction() as db:
            return _next(db, queue, most)

    def receive(self, queue: str, most: int, hidden_s: int) -> list[Message]:
        """Takes the next messages, and hides them."""
        moment = now()
        with self._database.transaction() as db:
            taken = [
                replace(
                    message,
                    first_dequeued=message.first_dequeued or moment,
                    dequeue_count=message.dequeue_count + 1,
                )
                for message in _next(db, queue, most)
            ]
            return [_hidden(db, message, hidden_s) for message in taken]

    def delete(self, queue: str, handle: str) -> bool:
        """False if the handle has run out. Raises InvalidReceiptHandleError."""
        with self._database.transaction() as db:
            held = _held(db, queue, handle)
            if held is not None:
                db.execute("DELETE FROM messages WHERE number = ?", (held.number,))
            return held is not None

    def hide(self, queue: str, handle: str, hidden_s: int) -> Message | None:
        """Hides from now on, under a new handle; None if the old has run out. Raises
        InvalidReceiptHandleError."""
        with self._database.transaction() as db:
            held = _held(db, queue, handle)
            return None if held is None else _hidden(db, held, hidden_s)

    def next_visible(self, queue: str) -> int | None:
        """When the next message can be received; None if the queue is empty."""
        with self._database.transaction() as db:
            found = db.execute("SELECT MIN(visible) FROM messages WHERE queue = ?", (queue,))
            moment: int | None = found.fetchone()[0]
            return moment

    def counts(self, queue: str) -> Counts:
        """How many there are of each kind."""
        with self._database.transaction() as db:
            found = db.execute(
                "SELECT COALESCE(SUM(visible <= :now), 0),"
                " COALESCE(SUM(visible > :now AND dequeue_count > 0), 0),"
                " COALESCE(SUM(visible > :now AND dequeue_count = 0), 0)"
                " FROM messages WHERE queue = :queue",
                {"now": now(), "queue": queue},
            )
            return Counts(*found.fetchone())


def _next(db: sqlite3.Connection, queue: str, most: int) -> list[Message]:
    found = db.execute(
        "SELECT * FROM messages WHERE queue = ? AND visible <= ? ORDER BY priority, number LIMIT ?",
        (queue, now(), most),
    )
    return [_message(row) for row in found]


def _held(db: sqlite3.Connection, queue: str, handle: str) -> Message | None:
    """What the handle stands for, while it does."""
    parts = _HANDLE.fullmatch(handle)
    if parts is None:
        raise InvalidReceiptHandleError
    found = db.execute(
        "SELECT * FROM messages WHERE number = ? AND receipt = ? AND queue = ? AND visible > ?",
        (int(parts[1]), parts[2], queue, now()),
    ).fetchone()
    return None if found is None else _message(found)


def _hidden(db: sqlite3.Connection, message: Message, hidden_s: int) -> Message:
    hidden = replace(message, visible=now() + hidden_s * 1000, receipt=_new_receipt())
    db.execute(
        "UPDATE messages SET visible = ?, first_dequeued = ?, dequeue_count = ?, receipt = ?"
        " WHERE number = ?",
        (
            hidden.visible,
            hidden.first_dequeued,
            hidden.dequeue_count,
            hidden.receipt,
            hidden.number,
        ),
    )
    return hidden


def _message(row: sqlite3.Row) -> Message:
    return Message(**{field.name: row[field.name] for field in fields(Message)})


def _new_receipt() -> str:
    return secrets.token_hex(16)
