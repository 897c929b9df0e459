"""Unfinished multipart uploads and their parts."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.store.blobs import Blob, Blobs
from facescreen_local.oss.store.buckets import find_bucket
from facescreen_local.oss.store.contents import ObjectMetadata
from facescreen_local.oss.store.cursor import ListingMarker
from facescreen_local.protocol.database import Database

MAX_PARTS = 10_000


@dataclass(frozen=True)
class MultipartUpload:
    """An unfinished upload. `initiated` is in seconds since the epoch."""

    id: str
    key: str
    initiated: int
    metadata: ObjectMetadata


@dataclass(frozen=True)
class UploadedPart:
    """One part. `modified` is in seconds since the epoch."""

    number: int
    modified: int
    blob: Blob


class MultipartUploads:
    """The tables of uploads and parts."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def start(self, bucket: str, key: str, metadata: ObjectMetadata, initiated: int) -> str:
        """Start an upload and return its id. Raises OssError NoSuchBucket."""
        upload_id = uuid.uuid4().hex.upper()
        with self._database.transaction() as db:
            find_bucket(db, bucket)
            values = (upload_id, bucket, key, initiated, metadata.to_json())
            db.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", values)
        return upload_id

    def get(self, bucket: str, key: str, upload_id: str) -> MultipartUpload:
        """Return an upload. Raises OssError NoSuchBucket, NoSuchUpload."""
        with self._database.transaction() as db:
            return _find(db, bucket, key, upload_id)

    def put_part(self, bucket: str, key: str, upload_id: str, part: UploadedPart) -> None:
        """Add or replace a part. Raises OssError NoSuchUpload."""
        blob = part.blob
        try:
            with self._database.transaction() as db:
                _find(db, bucket, key, upload_id)
                replaced = db.execute(
                    "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING blob",
                    (upload_id, part.number),
                ).fetchall()
                values = (blob.name, blob.size, blob.md5, blob.crc64)
                db.execute(
                    "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (upload_id, part.number, part.modified, *values),
                )
        except BaseException:
            self._blobs.delete([blob.name])
            raise
        self._blobs.delete(row["blob"] for row in replaced)

    def list_parts(
        self, bucket: str, key: str, upload_id: str, after: int = 0, limit: int = MAX_PARTS
    ) -> list[UploadedPart]:
        """Return the parts with a number above `after`, by number. Raises OssError NoSuchUpload."""
        with self._database.transaction() as db:
            _find(db, bucket, key, upload_id)
            return _find_parts(db, upload_id, after, limit)

    def list_after(
        self, bucket: str, prefix: str, marker: ListingMarker, limit: int
    ) -> list[MultipartUpload]:
        """Return the uploads with the prefix that follow the marker, by key and id."""
        with self._database.transaction() as db:
            find_bucket(db, bucket)
            rows = db.execute(
                "SELECT * FROM uploads WHERE bucket = :bucket AND key >= :prefix"
                " AND (key > :key OR key = :key AND :id != '' AND id > :id)"
                " ORDER BY key, id LIMIT :limit",
                {
                    "bucket": bucket,
                    "prefix": prefix,
                    "key": marker.key,
                    "id": marker.id,
                    "limit": limit,
                },
            )
            return [_read_upload(row) for row in rows]

    def remove(self, bucket: str, key: str, upload_id: str) -> None:
        """Delete the upload and its parts. Raises OssError NoSuchUpload."""
        with self._database.transaction() as db:
            _find(db, bucket, key, upload_id)
            parts = _find_parts(db, upload_id, 0, MAX_PARTS)
            db.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))
        self._blobs.delete(part.blob.name for part in parts)

    def list_blobs(self) -> set[str]:
        """Return the names of all blobs in use."""
        with self._database.transaction() as db:
            return {row[0] for row in db.execute("SELECT blob FROM parts")}


def _find(db: sqlite3.Connection, bucket: str, key: str, upload_id: str) -> MultipartUpload:
    find_bucket(db, bucket)
    row = db.execute(
        "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?",
        (upload_id, bucket, key),
    ).fetchone()
    if row is None:
        message = (
            "The specified upload does not exist. The upload ID may be invalid, "
            "or the upload may have been aborted or completed."
        )
        raise OssError(404, "NoSuchUpload", message, {"UploadId": upload_id})
    return _read_upload(row)


def _read_upload(row: sqlite3.Row) -> MultipartUpload:
    return MultipartUpload(
        row["id"], row["key"], int(row["initiated"]), ObjectMetadata.from_json(row["metadata"])
    )


def _find_parts(
    db: sqlite3.Connection, upload_id: str, after: int, limit: int
) -> list[UploadedPart]:
    rows = db.execute(
        "SELECT number, modified, blob, size, md5, crc64 FROM parts"
        " WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
        (upload_id, after, limit),
    )
    return [
        UploadedPart(row["number"], int(row["modified"]), Blob(*tuple(row)[2:])) for row in rows
    ]
