"""The account's buckets."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError, no_such_bucket
from facescreen_local.oss.store.contents import DELETE_MARKER
from facescreen_local.protocol.database import Database

ENABLED = "Enabled"
SUSPENDED = "Suspended"
_STAT = """
WITH kept AS (SELECT * FROM versions WHERE bucket = :name),
    part AS (SELECT parts.* FROM parts JOIN uploads ON upload = id WHERE bucket = :name)
SELECT
    (SELECT IFNULL(SUM(size), 0) FROM kept) + (SELECT IFNULL(SUM(size), 0) FROM part),
    (SELECT COUNT(*) FROM kept WHERE kind != :deleted),
    (SELECT COUNT(*) FROM kept WHERE kind = :deleted),
    (SELECT COUNT(*) FROM uploads WHERE bucket = :name),
    (SELECT COUNT(*) FROM part)
"""


@dataclass(frozen=True)
class Bucket:
    """`created` is in seconds since the epoch; `versioning` is empty until it was first set."""

    name: str
    created: float
    versioning: str


@dataclass(frozen=True)
class Stat:
    """What a bucket holds; `storage` in bytes, those of parts and of old versions among them."""

    storage: int
    objects: int
    delete_markers: int
    uploads: int
    parts: int


class Buckets:
    """Rows of the table of the same name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str) -> None:
        """Creates the bucket, or leaves the one that is there as it is."""
        with self._database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?, '')", (name, time.time()))

    def get(self, name: str) -> Bucket:
        """Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            return find_bucket(db, name)

    def all(self) -> list[Bucket]:
        """Every bucket, by name."""
        with self._database.transaction() as db:
            return [Bucket(*row) for row in db.execute("SELECT * FROM buckets ORDER BY name")]

    def stat(self, name: str) -> Stat:
        """Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            find_bucket(db, name)
            values = {"name": name, "deleted": DELETE_MARKER}
            return Stat(*db.execute(_STAT, values).fetchone())

    def set_versioning(self, name: str, status: str) -> None:
        """`status` is ENABLED or SUSPENDED. Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            find_bucket(db, name)
            db.execute("UPDATE buckets SET versioning = ? WHERE name = ?", (status, name))

    def delete(self, name: str) -> None:
        """Raises OssError NoSuchBucket, BucketNotEmpty."""
        with self._database.transaction() as db:
            find_bucket(db, name)
            if _holds_anything(db, name):
                text = "The bucket has objects. Please delete them first."
                raise OssError(409, "BucketNotEmpty", text, {"BucketName": name})
            db.execute("DELETE FROM buckets WHERE name = ?", (name,))


def find_bucket(db: sqlite3.Connection, name: str) -> Bucket:
    """Reads one bucket inside a transaction. Raises OssError NoSuchBucket."""
    row = db.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise no_such_bucket(name)
    return Bucket(*row)


def _holds_anything(db: sqlite3.Connection, name: str) -> bool:
    found = db.execute(
        "SELECT EXISTS (SELECT 1 FROM versions WHERE bucket = :name)"
        " OR EXISTS (SELECT 1 FROM uploads WHERE bucket = :name)",
        {"name": name},
    )
    return bool(found.fetchone()[0])
