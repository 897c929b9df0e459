"""Queues, topics and subscriptions: resources with a name and attributes, in collections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from facescreen_local.mns.store.clock import now_ms
from facescreen_local.protocol.database import Database

Attributes = Mapping[str, int | str]

QUEUE_COLLECTION = "queues"
TOPIC_COLLECTION = "topics"


def subscription_collection(topic: str) -> str:
    """The name of the collection of a topic's subscriptions."""
    return f"{TOPIC_COLLECTION}/{topic}/subscriptions"


@dataclass(frozen=True)
class StoredResource:
    """A queue, topic or subscription. Times are in milliseconds since the epoch; attributes have
    their API names."""

    name: str
    created: int
    modified: int
    attributes: Attributes

    def get_integer_attribute(self, attribute: str) -> int:
        """Return the value of an integer attribute."""
        return int(self.attributes[attribute])

    def get_string_attribute(self, attribute: str) -> str:
        """Return the value of a string attribute."""
        return str(self.attributes[attribute])


class Resources:
    """The table of resources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, collection: str, name: str, attributes: Attributes) -> StoredResource | None:
        """Create a resource. If it exists, leave it unchanged and return it."""
        with self._database.transaction() as db:
            existing = _find(db, collection, name)
            if existing is None:
                row = (collection, name, now_ms(), now_ms(), json.dumps(attributes))
                db.execute("INSERT INTO resources VALUES (?, ?, ?, ?, ?)", row)
            return existing

    def find(self, collection: str, name: str) -> StoredResource | None:
        """Return a resource, None if it does not exist."""
        with self._database.transaction() as db:
            return _find(db, collection, name)

    def update(self, collection: str, name: str, attributes: Attributes) -> bool:
        """Set some attributes; return False if the resource does not exist."""
        with self._database.transaction() as db:
            existing = _find(db, collection, name)
            if existing is not None:
                db.execute(
                    "UPDATE resources SET modified = ?, attributes = ?"
                    " WHERE collection = ? AND name = ?",
                    (now_ms(), json.dumps({**existing.attributes, **attributes}), collection, name),
                )
            return existing is not None

    def delete(self, collection: str, name: str) -> None:
        """Delete a resource, if it exists, with its messages or subscriptions."""
        with self._database.transaction() as db:
            where = "collection = ? AND name = ?"
            db.execute(f"DELETE FROM resources WHERE {where}", (collection, name))  # noqa: S608
            if collection == QUEUE_COLLECTION:
                db.execute("DELETE FROM messages WHERE queue = ?", (name,))
            if collection == TOPIC_COLLECTION:
                db.execute(
                    "DELETE FROM resources WHERE collection = ?", (subscription_collection(name),)
                )

    def list_page(
        self, collection: str, prefix: str = "", after: str = "", limit: int = -1
    ) -> list[StoredResource]:
        """List resources by name: those with the prefix `prefix` that follow `after`."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT * FROM resources WHERE collection = ? AND name > ?"
                " AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?",
                (collection, after, prefix, prefix, limit),
            )
            return [_read_resource(row) for row in rows]


def _find(db: sqlite3.Connection, collection: str, name: str) -> StoredResource | None:
    row = db.execute(
        "SELECT * FROM resources WHERE collection = ? AND name = ?", (collection, name)
    ).fetchone()
    return None if row is None else _read_resource(row)


def _read_resource(row: sqlite3.Row) -> StoredResource:
    attributes = json.loads(row["attributes"])
    return StoredResource(row["name"], row["created"], row["modified"], attributes)
