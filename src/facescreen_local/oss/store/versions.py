"""The rows of object versions: what a transaction reads and changes of them."""

from __future__ import annotations

import re
import secrets
import sqlite3
import time
from dataclasses import dataclass

from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import ENABLED, Bucket
from facescreen_local.oss.store.contents import DELETE_MARKER, Contents, Metadata
from facescreen_local.oss.store.cursor import Marker

UNVERSIONED = "null"
_NOTHING = Contents(DELETE_MARKER, Blob("", 0, "", ""), "", Metadata())
_FRESH = re.compile("[0-9a-f]{32}")
_LAST_ROW = 2**63 - 1


@dataclass(frozen=True)
class StoredObject:
    """One version of an object; `modified` is in seconds since the epoch.

    `version` is ``null`` for what was written while the bucket kept no versions; `versioned` says
    whether it ever did.
    """

    key: str
    version: str
    versioned: bool
    latest: bool
    modified: float
    contents: Contents

    @property
    def version_id(self) -> str | None:
        """None where the bucket never kept versions."""
        return self.version if self.versioned else None

    @property
    def deleted(self) -> bool:
        """Whether it is a delete marker."""
        return self.contents.kind == DELETE_MARKER


def find_version(
    db: sqlite3.Connection, bucket: Bucket, key: str, version: str | None
) -> StoredObject | None:
    """The named version or, with None, the latest; either may be a delete marker."""
    row = db.execute(
        "SELECT * FROM history WHERE bucket = :bucket AND key = :key"
        " AND IIF(:version IS NULL, latest, version = :version)",
        {"bucket": bucket.name, "key": key, "version": version},
    ).fetchone()
    return None if row is None else _stored(bucket, row)


def insert_version(
    db: sqlite3.Connection, bucket: Bucket, key: str, version: str, contents: Contents = _NOTHING
) -> None:
    """Makes `contents` the key's latest version; without any, a delete marker."""
    blob = contents.blob
    db.execute(
        "INSERT INTO versions"
        " (bucket, key, version, modified, kind, blob, size, md5, crc64, etag, metadata)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(bucket.name, key, version, time.time(), contents.kind),
            *(blob.name, blob.size, blob.md5, blob.crc64),
            *(contents.etag, contents.metadata.dumped()),
        ),
    )


def delete_version(db: sqlite3.Connection, bucket: Bucket, key: str, version: str) -> list[str]:
    """The names of the blobs that nothing names any more."""
    deleted = db.execute(
        "DELETE FROM versions WHERE bucket = ? AND key = ? AND version = ? RETURNING blob",
        (bucket.name, key, version),
    )
    return [row["blob"] for row in deleted if row["blob"]]


def update_metadata(db: sqlite3.Connection, bucket: Bucket, stored: StoredObject) -> None:
    """Writes down the metadata that `stored` has now."""
    db.execute(
        "UPDATE versions SET metadata = ? WHERE bucket = ? AND key = ? AND version = ?",
        (stored.contents.metadata.dumped(), bucket.name, stored.key, stored.version),
    )


def next_version(db: sqlite3.Connection, bucket: Bucket) -> str:
    """What the next row is to be called; its number is in the name, so that names sort by age."""
    if bucket.versioning != ENABLED:
        return UNVERSIONED
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'versions'").fetchone()
    return f"{1 + (last[0] if last else 0):016x}{secrets.token_hex(8)}"


def current_after(
    db: sqlite3.Connection, bucket: Bucket, prefix: str, marker: Marker, limit: int
) -> list[StoredObject]:
    """Latest versions, delete markers left out, whose keys follow the marker's."""
    rows = db.execute(
        "SELECT * FROM history WHERE bucket = :bucket AND key > :marker AND key >= :prefix"
        " AND latest AND kind != :deleted ORDER BY key LIMIT :limit",
        {
            "bucket": bucket.name,
            "marker": marker.key,
            "prefix": prefix,
            "deleted": DELETE_MARKER,
            "limit": limit,
        },
    )
    return [_stored(bucket, row) for row in rows]


def versions_after(
    db: sqlite3.Connection, bucket: Bucket, prefix: str, marker: Marker, limit: int
) -> list[StoredObject]:
    """All versions that follow the marker, by key and then the newest first."""
    rows = db.execute(
        "SELECT * FROM history WHERE bucket = :bucket AND key >= :prefix"
        " AND (key > :key OR key = :key AND id < :row) ORDER BY key, id DESC LIMIT :limit",
        {
            "bucket": bucket.name,
            "prefix": prefix,
            "key": marker.key,
            "row": _row_number(db, bucket, marker),
            "limit": limit,
        },
    )
    return [_stored(bucket, row) for row in rows]


def _row_number(db: sqlite3.Connection, bucket: Bucket, marker: Marker) -> int:
    """Where a listing goes on, also if the version at which it stopped was deleted meanwhile."""
    if not marker.id:
        return 0
    row = db.execute(
        "SELECT id FROM versions WHERE bucket = ? AND key = ? AND version = ?",
        (bucket.name, marker.key, marker.id),
    ).fetchone()
    if row is not None:
        return int(row[0])
    # A deleted null version leaves no trace of its place: better the key's versions twice.
    number = int(marker.id[:16], 16) if _FRESH.fullmatch(marker.id) else _LAST_ROW
    return min(number, _LAST_ROW)


def _stored(bucket: Bucket, row: sqlite3.Row) -> StoredObject:
    blob = Blob(row["blob"], row["size"], row["md5"], row["crc64"])
    contents = Contents(row["kind"], blob, row["etag"], Metadata.loaded(row["metadata"]))
    return StoredObject(
        key=row["key"],
        version=row["version"],
        versioned=bool(bucket.versioning),
        latest=bool(row["latest"]),
        modified=row["modified"],
        contents=contents,
    )
