"""The account's buckets."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError, no_such_bucket_error
from facescreen_local.oss.store.contents import DELETE_MARKER_TYPE
from facescreen_local.protocol.database import Database

VERSIONING_ENABLED = "Enabled"
VERSIONING_SUSPENDED = "Suspended"
_STAT_QUERY = """
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
class StoredBucket:
    """A bucket. `created` is in seconds since the epoch; `versioning` is empty until it is set."""

    name: str
    created: int
    versioning: str


@dataclass(frozen=True)
class BucketStat:
    """The content of a bucket. `storage` is in bytes and includes parts and old versions."""

    storage: int
    objects: int
    delete_markers: int
    uploads: int
    parts: int


class Buckets:
    """The table of buckets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, created: int) -> None:
        """Create the bucket unless it exists."""
        with self._database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?, '')", (name, created))

    def get(self, name: str) -> StoredBucket:
        """Return a bucket. Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            return find_bucket(db, name)

    def list_all(self) -> list[StoredBucket]:
        """Return every bucket, by name."""
        with self._database.transaction() as db:
            return [StoredBucket(*row) for row in db.execute("SELECT * FROM buckets ORDER BY name")]

    def stat(self, name: str) -> BucketStat:
        """Count a bucket's content. Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            find_bucket(db, name)
            values = {"name": name, "deleted": DELETE_MARKER_TYPE}
            return BucketStat(*db.execute(_STAT_QUERY, values).fetchone())

    def set_versioning(self, name: str, status: str) -> None:
        """Set versioning to one of the two constants. Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            find_bucket(db, name)
            db.execute("UPDATE buckets SET versioning = ? WHERE name = ?", (status, name))

    def delete(self, name: str) -> None:
        """Delete an empty bucket. Raises OssError NoSuchBucket, BucketNotEmpty."""
        with self._database.transaction() as db:
            find_bucket(db, name)
            if _is_in_use(db, name):
                message = "The bucket has objects. Please delete them first."
                raise OssError(409, "BucketNotEmpty", message, {"BucketName": name})
            db.execute("DELETE FROM buckets WHERE name = ?", (name,))


def find_bucket(db: sqlite3.Connection, name: str) -> StoredBucket:
    """Return one bucket, inside a transaction. Raises OssError NoSuchBucket."""
    row = db.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise no_such_bucket_error(name)
    return StoredBucket(*row)


def _is_in_use(db: sqlite3.Connection, name: str) -> bool:
    cursor = db.execute(
        "SELECT EXISTS (SELECT 1 FROM versions WHERE bucket = :name)"
        " OR EXISTS (SELECT 1 FROM uploads WHERE bucket = :name)",
        {"name": name},
    )
    return bool(cursor.fetchone()[0])
