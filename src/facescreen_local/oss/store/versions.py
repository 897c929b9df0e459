"""Reads and changes rows of object versions, inside a transaction."""

from __future__ import annotations

import re
import secrets
import sqlite3
from dataclasses import dataclass, replace

from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import VERSIONING_ENABLED, StoredBucket
from facescreen_local.oss.store.contents import DELETE_MARKER_TYPE, ObjectContents, ObjectMetadata
from facescreen_local.oss.store.cursor import ListingMarker

NULL_VERSION = "null"
_DELETE_MARKER_CONTENTS = ObjectContents(
    DELETE_MARKER_TYPE, Blob("", 0, "", ""), "", ObjectMetadata()
)
_GENERATED_VERSION_PATTERN = re.compile("[0-9a-f]{32}")
_MAX_ROW_ID = 2**63 - 1


@dataclass(frozen=True)
class StoredObject:
    """One version of an object. `modified` is in seconds since the epoch.

    `version` is ``null`` if it was written without versioning; `versioned` says whether the bucket
    was ever versioned.
    """

    key: str
    version: str
    versioned: bool
    latest: bool
    modified: int
    contents: ObjectContents

    @property
    def version_id(self) -> str | None:
        """The version id, None if the bucket was never versioned."""
        return self.version if self.versioned else None

    @property
    def deleted(self) -> bool:
        """Whether it is a delete marker."""
        return self.contents.object_type == DELETE_MARKER_TYPE

    def with_metadata(self, metadata: ObjectMetadata) -> StoredObject:
        """Return the version with other metadata."""
        return replace(self, contents=replace(self.contents, metadata=metadata))


def find_version(
    db: sqlite3.Connection, bucket: StoredBucket, key: str, version: str | None
) -> StoredObject | None:
    """Return the given version, or the latest for None; either can be a delete marker."""
    row = db.execute(
        "SELECT * FROM history WHERE bucket = :bucket AND key = :key"
        " AND IIF(:version IS NULL, latest, version = :version)",
        {"bucket": bucket.name, "key": key, "version": version},
    ).fetchone()
    return None if row is None else _read_stored_object(bucket, row)


def insert_version(
    db: sqlite3.Connection,
    bucket: StoredBucket,
    key: str,
    version: str,
    contents: ObjectContents = _DELETE_MARKER_CONTENTS,
    *,
    modified: int,
) -> None:
    """Insert `contents` as the key's latest version, by default a delete marker."""
    blob = contents.blob
    db.execute(
        "INSERT INTO versions"
        " (bucket, key, version, modified, kind, blob, size, md5, crc64, etag, metadata)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(bucket.name, key, version, modified, contents.object_type),
            *(blob.name, blob.size, blob.md5, blob.crc64),
            *(contents.etag, contents.metadata.to_json()),
        ),
    )


def delete_version(
    db: sqlite3.Connection, bucket: StoredBucket, key: str, version: str
) -> list[str]:
    """Delete a version; return the names of the blobs that are no longer used."""
    deleted = db.execute(
        "DELETE FROM versions WHERE bucket = ? AND key = ? AND version = ? RETURNING blob",
        (bucket.name, key, version),
    )
    return [row["blob"] for row in deleted if row["blob"]]


def update_version(db: sqlite3.Connection, bucket: StoredBucket, stored: StoredObject) -> None:
    """Store the metadata and the modification time of `stored`."""
    metadata = stored.contents.metadata.to_json()
    db.execute(
        "UPDATE versions SET metadata = ?, modified = ?"
        " WHERE bucket = ? AND key = ? AND version = ?",
        (metadata, stored.modified, bucket.name, stored.key, stored.version),
    )


def create_version_id(db: sqlite3.Connection, bucket: StoredBucket) -> str:
    """Return the id of the next version. It starts with the row's number, so that ids sort by
    age."""
    if bucket.versioning != VERSIONING_ENABLED:
        return NULL_VERSION
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'versions'").fetchone()
    return f"{1 + (last[0] if last else 0):016x}{secrets.token_hex(8)}"


def list_current_after(
    db: sqlite3.Connection, bucket: StoredBucket, prefix: str, marker: ListingMarker, limit: int
) -> list[StoredObject]:
    """Return the latest versions whose keys follow the marker's, without delete markers."""
    rows = db.execute(
        "SELECT * FROM history WHERE bucket = :bucket AND key > :marker AND key >= :prefix"
        " AND latest AND kind != :deleted ORDER BY key LIMIT :limit",
        {
            "bucket": bucket.name,
            "marker": marker.key,
            "prefix": prefix,
            "deleted": DELETE_MARKER_TYPE,
            "limit": limit,
        },
    )
    return [_read_stored_object(bucket, row) for row in rows]


def list_versions_after(
    db: sqlite3.Connection, bucket: StoredBucket, prefix: str, marker: ListingMarker, limit: int
) -> list[StoredObject]:
    """Return all versions that follow the marker, by key and then the newest first."""
    rows = db.execute(
        "SELECT * FROM history WHERE bucket = :bucket AND key >= :prefix"
        " AND (key > :key OR key = :key AND id < :row) ORDER BY key, id DESC LIMIT :limit",
        {
            "bucket": bucket.name,
            "prefix": prefix,
            "key": marker.key,
            "row": _find_marker_row(db, bucket, marker),
            "limit": limit,
        },
    )
    return [_read_stored_object(bucket, row) for row in rows]


def _find_marker_row(db: sqlite3.Connection, bucket: StoredBucket, marker: ListingMarker) -> int:
    """Return the row at which a listing continues, even if the marker's version was deleted."""
    if not marker.id:
        return 0
    row = db.execute(
        "SELECT id FROM versions WHERE bucket = ? AND key = ? AND version = ?",
        (bucket.name, marker.key, marker.id),
    ).fetchone()
    if row is not None:
        return int(row[0])
    # The position of a deleted null version is unknown: list the key's versions again.
    number = (
        int(marker.id[:16], 16) if _GENERATED_VERSION_PATTERN.fullmatch(marker.id) else _MAX_ROW_ID
    )
    return min(number, _MAX_ROW_ID)


def _read_stored_object(bucket: StoredBucket, row: sqlite3.Row) -> StoredObject:
    blob = Blob(row["blob"], row["size"], row["md5"], row["crc64"])
    contents = ObjectContents(
        row["kind"], blob, row["etag"], ObjectMetadata.from_json(row["metadata"])
    )
    return StoredObject(
        key=row["key"],
        version=row["version"],
        versioned=bool(bucket.versioning),
        latest=bool(row["latest"]),
        modified=int(row["modified"]),
        contents=contents,
    )
