"""Object versions: each row holds what belongs to one set of bytes, and changes with them."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ..errors import NoSuchKey, OssError, no_such_version
from .buckets import ENABLED, Bucket, find_bucket

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from .blobs import Blobs
    from .database import Database

NORMAL, APPENDABLE, MULTIPART = "Normal", "Appendable", "Multipart"
UNVERSIONED = "null"

_COLUMNS = "version, delete_marker, modified, kind, blob, size, etag, crc64, headers, tags"


@dataclass(frozen=True)
class Contents:
    """What one write brings: bytes and all that is said of them.

    `etag` is bare, upper-case hex; `headers` are those to give back on reading, Content-Type
    and ``x-oss-meta-*`` among them.
    """

    kind: str
    blob: str
    size: int
    etag: str
    crc64: str
    headers: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class StoredObject:
    """One version of an object; `version_id` is None where the bucket never had versions."""

    key: str
    version_id: str | None
    modified: float
    contents: Contents


@dataclass(frozen=True)
class Written:
    """A write's result; `replaced` is the version that was current before."""

    stored: StoredObject
    replaced: StoredObject | None


@dataclass(frozen=True)
class Removal:
    """A deletion's result; `removed` is what can no longer be read without naming its version."""

    removed: StoredObject | None
    version_id: str | None
    delete_marker: bool


class Objects:
    """Rows of the table of versions. A blob goes when the last row that names it does."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def find(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        """The current version, or the named one. Raises OssError NoSuch…, MethodNotAllowed."""
        with self._database.transaction() as db:
            return _find(db, find_bucket(db, bucket), key, version_id)

    def open(
        self, bucket: str, key: str, version_id: str | None = None
    ) -> tuple[StoredObject, BinaryIO]:
        """As `find`, with the very bytes that it describes, whatever is written meanwhile."""
        with self._database.transaction() as db:
            stored = _find(db, find_bucket(db, bucket), key, version_id)
            return stored, self._blobs.open(stored.contents.blob)

    def put(
        self,
        bucket_name: str,
        key: str,
        contents: Contents,
        check: Callable[[Bucket, StoredObject | None], None],
        same_version: bool = False,
    ) -> Written:
        """Makes `contents` current in one step.

        `check` sees the bucket and the current version inside the transaction, and raises to
        refuse. With `same_version` a current version keeps its id, as AppendObject wants it.
        """
        try:
            with self._database.transaction() as db:
                bucket = find_bucket(db, bucket_name)
                replaced = _current(db, bucket, key)
                check(bucket, replaced)
                version = _next_version(bucket)
                if same_version and replaced is not None:
                    version = replaced.version_id or UNVERSIONED
                dropped = _drop(db, bucket, key, version)
                _insert(db, bucket, key, version, contents)
                stored = _find(db, bucket, key, None)
        except BaseException:
            self._blobs.delete([contents.blob])
            raise
        self._blobs.delete(dropped)
        return Written(stored, replaced)

    def remove(self, bucket_name: str, key: str, version_id: str | None = None) -> Removal:
        """Deletes the named version for good; without one, as the bucket's versioning says."""
        with self._database.transaction() as db:
            bucket = find_bucket(db, bucket_name)
            if version_id is not None:
                removal = _removed_version(db, bucket, key, version_id)
            else:
                removal = _removed_current(db, bucket, key)
            dropped = _drop(db, bucket, key, removal.version_id or UNVERSIONED)
            if removal.delete_marker and version_id is None:
                _insert(db, bucket, key, removal.version_id or UNVERSIONED, None)
        self._blobs.delete(dropped)
        return removal

    def set_tags(
        self, bucket: str, key: str, version_id: str | None, tags: Mapping[str, str]
    ) -> StoredObject:
        """Replaces the whole set; nothing else changes, Last-Modified least of all."""
        with self._database.transaction() as db:
            stored = _find(db, find_bucket(db, bucket), key, version_id)
            db.execute(
                "UPDATE versions SET tags = ? WHERE bucket = ? AND key = ? AND version = ?",
                (json.dumps(dict(tags)), bucket, key, stored.version_id or UNVERSIONED),
            )
            return stored

    def after(self, bucket_name: str, prefix: str, marker: str, limit: int) -> list[StoredObject]:
        """Current versions whose keys follow `marker`, by key, starting at `prefix`."""
        with self._database.transaction() as db:
            bucket = find_bucket(db, bucket_name)
            rows = db.execute(
                f"SELECT key, {_COLUMNS} FROM versions AS v"  # noqa: S608
                " WHERE bucket = :bucket AND key > :marker AND key >= :prefix"
                " AND NOT delete_marker"
                " AND id = (SELECT MAX(id) FROM versions WHERE bucket = v.bucket AND key = v.key)"
                " ORDER BY key LIMIT :limit",
                {"bucket": bucket_name, "marker": marker, "prefix": prefix, "limit": limit},
            )
            return [_stored(bucket, row["key"], row) for row in rows]

    def blobs(self) -> set[str]:
        """The names of all blobs in use."""
        with self._database.transaction() as db:
            return {row[0] for row in db.execute("SELECT blob FROM versions")}


def _find(db: sqlite3.Connection, bucket: Bucket, key: str, version_id: str | None) -> StoredObject:
    row = _row(db, bucket, key, version_id)
    if row is None:
        raise NoSuchKey(key) if version_id is None else no_such_version(key, version_id)
    if row["delete_marker"]:
        said = {"x-oss-delete-marker": "true", "x-oss-version-id": row["version"]}
        if version_id is None:
            raise NoSuchKey(key, said)
        text = "The specified method is not allowed against this resource."
        raise OssError(405, "MethodNotAllowed", text, headers=said)
    return _stored(bucket, key, row)


def _current(db: sqlite3.Connection, bucket: Bucket, key: str) -> StoredObject | None:
    row = _row(db, bucket, key, None)
    return None if row is None or row["delete_marker"] else _stored(bucket, key, row)


def _removed_version(db: sqlite3.Connection, bucket: Bucket, key: str, version_id: str) -> Removal:
    current, row = _row(db, bucket, key, None), _row(db, bucket, key, version_id)
    if row is None or row["delete_marker"]:
        return Removal(None, version_id, delete_marker=row is not None)
    was_current = current is not None and current["version"] == version_id
    return Removal(_stored(bucket, key, row) if was_current else None, version_id, False)


def _removed_current(db: sqlite3.Connection, bucket: Bucket, key: str) -> Removal:
    version_id = _next_version(bucket) if bucket.versioning else None
    return Removal(_current(db, bucket, key), version_id, delete_marker=bool(bucket.versioning))


def _row(
    db: sqlite3.Connection, bucket: Bucket, key: str, version_id: str | None
) -> sqlite3.Row | None:
    found = db.execute(
        f"SELECT {_COLUMNS} FROM versions"  # noqa: S608
        " WHERE bucket = :bucket AND key = :key AND version = IFNULL(:version, version)"
        " ORDER BY id DESC LIMIT 1",
        {"bucket": bucket.name, "key": key, "version": version_id},
    )
    row: sqlite3.Row | None = found.fetchone()
    return row


def _drop(db: sqlite3.Connection, bucket: Bucket, key: str, version: str) -> list[str]:
    deleted = db.execute(
        "DELETE FROM versions WHERE bucket = ? AND key = ? AND version = ? RETURNING blob",
        (bucket.name, key, version),
    )
    return [row["blob"] for row in deleted if row["blob"]]


def _insert(
    db: sqlite3.Connection, bucket: Bucket, key: str, version: str, contents: Contents | None
) -> None:
    """Without contents, a delete marker."""
    what = contents or Contents("", "", 0, "", "", {}, {})
    said = (json.dumps(dict(what.headers)), json.dumps(dict(what.tags)))
    values = (what.kind, what.blob, what.size, what.etag, what.crc64, *said)
    db.execute(
        f"INSERT INTO versions (bucket, key, {_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (bucket.name, key, version, contents is None, time.time(), *values),
    )


def _next_version(bucket: Bucket) -> str:
    return uuid.uuid4().hex if bucket.versioning == ENABLED else UNVERSIONED


def _stored(bucket: Bucket, key: str, row: sqlite3.Row) -> StoredObject:
    texts = (row["kind"], row["blob"], row["size"], row["etag"], row["crc64"])
    contents = Contents(*texts, json.loads(row["headers"]), json.loads(row["tags"]))
    version_id = row["version"] if bucket.versioning else None
    return StoredObject(key, version_id, row["modified"], contents)
