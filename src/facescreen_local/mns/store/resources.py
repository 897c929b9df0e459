"""Queues, topics and subscriptions: names with attributes, in collections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from facescreen_local.mns.store.clock import now
from facescreen_local.protocol.database import Database

Attributes = Mapping[str, int | str]

QUEUES = "queues"
TOPICS = "topics"


def subscriptions_of(topic: str) -> str:
    """The collection of a topic's subscriptions."""
    return f"{TOPICS}/{topic}/subscriptions"


@dataclass(frozen=True)
class Resource:
    """Times are in milliseconds since the epoch; attributes by their API names."""

    name: str
    created: int
    modified: int
    attributes: Attributes

    def number(self, attribute: str) -> int:
        """An attribute that is a whole number."""
        return int(self.attributes[attribute])

    def text(self, attribute: str) -> str:
        """An attribute that is a word."""
        return str(self.attributes[attribute])


class Resources:
    """Rows of the table of the same name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, collection: str, name: str, attributes: Attributes) -> Resource | None:
        """Creates it, unless one is there already: that one is given back, as it is."""
        with self._database.transaction() as db:
            kept = _find(db, collection, name)
            if kept is None:
                row = (collection, name, now(), now(), json.dumps(attributes))
                db.execute("INSERT INTO resources VALUES (?, ?, ?, ?, ?)", row)
            return kept

    def find(self, collection: str, name: str) -> Resource | None:
        """None if there is no such resource."""
        with self._database.transaction() as db:
            return _find(db, collection, name)

    def change(self, collection: str, name: str, attributes: Attributes) -> bool:
        """Sets some attributes; False if there is no such resource."""
        with self._database.transaction() as db:
            kept = _find(db, collection, name)
            if kept is not None:
                db.execute(
                    "UPDATE resources SET modified = ?, attributes = ?"
                    " WHERE collection = ? AND name = ?",
                    (now(), json.dumps({**kept.attributes, **attributes}), collection, name),
                )
            return kept is not None

    def delete(self, collection: str, name: str) -> None:
        """Deletes it if it is there, and what belongs to it: messages, subscriptions."""
        with self._database.transaction() as db:
            where = "collection = ? AND name = ?"
            db.execute(f"DELETE FROM resources WHERE {where}", (collection, name))  # noqa: S608
            if collection == QUEUES:
                db.execute("DELETE FROM messages WHERE queue = ?", (name,))
            if collection == TOPICS:
                db.execute("DELETE FROM resources WHERE collection = ?", (subscriptions_of(name),))

    def page(
        self, collection: str, prefix: str = "", after: str = "", most: int = -1
    ) -> list[Resource]:
        """Those whose names start with `prefix` and come after `after`, by name."""
        with self._database.transaction() as db:
            found = db.execute(
                "SELECT * FROM resources WHERE collection = ? AND name > ?"
                " AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?",
                (collection, after, prefix, prefix, most),
            )
            return [_resource(row) for row in found]


def _find(db: sqlite3.Connection, collection: str, name: str) -> Resource | None:
    found = db.execute(
        "SELECT * FROM resources WHERE collection = ? AND name = ?", (collection, name)
    ).fetchone()
    return None if found is None else _resource(found)


def _resource(row: sqlite3.Row) -> Resource:
    attributes = json.loads(row["attributes"])
    return Resource(row["name"], row["created"], row["modified"], attributes)
