"""The messages in queues: when each is visible, and the receipt handle of its receiver."""

from __future__ import annotations

import re
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, fields, replace

from facescreen_local.mns.store.clock import now_ms
from facescreen_local.protocol.database import Database

# The SDK puts receipt handles into URLs unescaped, so they contain nothing to escape.
_RECEIPT_HANDLE_PATTERN = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")


class InvalidReceiptHandleError(ValueError):
    """The string is not a receipt handle."""


@dataclass(frozen=True)
class StoredMessage:
    """A stored message. Times are in milliseconds since the epoch, or 0. `receipt` is empty until
    the message is received or delayed."""

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
        """The receipt handle; valid until `visible`."""
        return f"{self.number}-{self.receipt}"


@dataclass(frozen=True)
class MessageCounts:
    """How many messages can be received (`active`), are received but not deleted (`inactive`),
    and are delayed."""

    active: int
    inactive: int
    delayed: int


class Messages:
    """The table of messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, queue: str, body: str, priority: int, delay_s: int) -> StoredMessage:
        """Add a message and return it; a delayed one already has a receipt."""
        timestamp = now_ms()
        receipt = _new_receipt() if delay_s else ""
        row = (
            uuid.uuid4().hex.upper(),
            queue,
            body,
            priority,
            timestamp,
            timestamp + delay_s * 1000,
        )
        with self._database.transaction() as db:
            number = db.execute(
                "INSERT INTO messages (id, queue, body, priority, enqueued, visible,"
                " first_dequeued, dequeue_count, receipt) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?)",
                (*row, receipt),
            ).lastrowid
            inserted = db.execute("SELECT * FROM messages WHERE number = ?", (number,))
            return _read_message(inserted.fetchone())

    def delete_expired(self, queue: str, retention_s: int) -> None:
        """Delete the messages that have been in the queue for longer than `retention_s`."""
        oldest = now_ms() - retention_s * 1000
        with self._database.transaction() as db:
            db.execute("DELETE FROM messages WHERE queue = ? AND enqueued <= ?", (queue, oldest))

    def peek(self, queue: str, max_messages: int) -> list[StoredMessage]:
        """Return the next messages without receiving them."""
        with self._database.transaction() as db:
            return _next_messages(db, queue, max_messages)

    def receive(
        self, queue: str, max_messages: int, visibility_timeout_s: int
    ) -> list[StoredMessage]:
        """Receive the next messages and make them invisible for `visibility_timeout_s`."""
        timestamp = now_ms()
        with self._database.transaction() as db:
            received = [
                replace(
                    message,
                    first_dequeued=message.first_dequeued or timestamp,
                    dequeue_count=message.dequeue_count + 1,
                )
                for message in _next_messages(db, queue, max_messages)
            ]
            return [_hide(db, message, visibility_timeout_s) for message in received]

    def delete(self, queue: str, handle: str) -> bool:
        """Delete a message; return False if its handle has expired.

        Raises InvalidReceiptHandleError.
        """
        with self._database.transaction() as db:
            message = _find_by_handle(db, queue, handle)
            if message is not None:
                db.execute("DELETE FROM messages WHERE number = ?", (message.number,))
            return message is not None

    def change_visibility(
        self, queue: str, handle: str, visibility_timeout_s: int
    ) -> StoredMessage | None:
        """Hide a message from now on and return it with a new handle, None if the old handle has
        expired. Raises InvalidReceiptHandleError."""
        with self._database.transaction() as db:
            message = _find_by_handle(db, queue, handle)
            return None if message is None else _hide(db, message, visibility_timeout_s)

    def next_visible_at(self, queue: str) -> int | None:
        """When the next message becomes visible; None if the queue is empty."""
        with self._database.transaction() as db:
            cursor = db.execute("SELECT MIN(visible) FROM messages WHERE queue = ?", (queue,))
            visible_at: int | None = cursor.fetchone()[0]
            return visible_at

    def count(self, queue: str) -> MessageCounts:
        """Count the queue's messages by state."""
        with self._database.transaction() as db:
            cursor = db.execute(
                "SELECT COALESCE(SUM(visible <= :now), 0),"
                " COALESCE(SUM(visible > :now AND dequeue_count > 0), 0),"
                " COALESCE(SUM(visible > :now AND dequeue_count = 0), 0)"
                " FROM messages WHERE queue = :queue",
                {"now": now_ms(), "queue": queue},
            )
            return MessageCounts(*cursor.fetchone())


def _next_messages(db: sqlite3.Connection, queue: str, max_messages: int) -> list[StoredMessage]:
    rows = db.execute(
        "SELECT * FROM messages WHERE queue = ? AND visible <= ? ORDER BY priority, number LIMIT ?",
        (queue, now_ms(), max_messages),
    )
    return [_read_message(row) for row in rows]


def _find_by_handle(db: sqlite3.Connection, queue: str, handle: str) -> StoredMessage | None:
    """The message that the handle belongs to, None if the handle has expired."""
    parts = _RECEIPT_HANDLE_PATTERN.fullmatch(handle)
    if parts is None:
        raise InvalidReceiptHandleError
    row = db.execute(
        "SELECT * FROM messages WHERE number = ? AND receipt = ? AND queue = ? AND visible > ?",
        (int(parts[1]), parts[2], queue, now_ms()),
    ).fetchone()
    return None if row is None else _read_message(row)


def _hide(
    db: sqlite3.Connection, message: StoredMessage, visibility_timeout_s: int
) -> StoredMessage:
    hidden = replace(
        message, visible=now_ms() + visibility_timeout_s * 1000, receipt=_new_receipt()
    )
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


def _read_message(row: sqlite3.Row) -> StoredMessage:
    return StoredMessage(**{field.name: row[field.name] for field in fields(StoredMessage)})


def _new_receipt() -> str:
    return secrets.token_hex(16)
