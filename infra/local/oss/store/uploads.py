"""Multipart uploads under way, and their parts."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import OssError
from .blobs import Blob
from .buckets import find_bucket

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from .blobs import Blobs
    from .database import Database


@dataclass(frozen=True)
class Upload:
    """`headers` and `tags` are the future object's."""

    id: str
    headers: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One part, uploaded at `modified` (seconds since the epoch)."""

    number: int
    modified: float
    blob: Blob


class Uploads:
    """Rows of the tables of uploads and parts."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def start(
        self, bucket: str, key: str, headers: Mapping[str, str], tags: Mapping[str, str]
    ) -> str:
        """The new upload's id. Raises OssError NoSuchBucket."""
        upload_id = uuid.uuid4().hex.upper()
        said = (json.dumps(dict(headers)), json.dumps(dict(tags)))
        with self._database.transaction() as db:
            find_bucket(db, bucket)
            db.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", (upload_id, bucket, key, *said)
            )
        return upload_id

    def get(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Raises OssError NoSuchBucket, NoSuchUpload."""
        with self._database.transaction() as db:
            return _find(db, bucket, key, upload_id)

    def put_part(self, bucket: str, key: str, upload_id: str, number: int, blob: Blob) -> None:
        """Adds or replaces a part. Raises OssError NoSuchUpload."""
        try:
            with self._database.transaction() as db:
                _find(db, bucket, key, upload_id)
                replaced = db.execute(
                    "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING blob",
                    (upload_id, number),
                ).fetchall()
                values = (blob.name, blob.size, blob.md5, blob.crc64)
                db.execute(
                    "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (upload_id, number, time.time(), *values),
                )
        except BaseException:
            self._blobs.delete([blob.name])
            raise
        self._blobs.delete(row["blob"] for row in replaced)

    def parts(self, bucket: str, key: str, upload_id: str) -> list[Part]:
        """All parts, by number. Raises OssError NoSuchUpload."""
        with self._database.transaction() as db:
            _find(db, bucket, key, upload_id)
            return _parts(db, upload_id)

    def end(self, bucket: str, key: str, upload_id: str) -> None:
        """Forgets the upload and its parts. Raises OssError NoSuchUpload."""
        with self._database.transaction() as db:
            _find(db, bucket, key, upload_id)
            parts = _parts(db, upload_id)
            db.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))
        self._blobs.delete(part.blob.name for part in parts)

    def blobs(self) -> set[str]:
        """The names of all blobs in use."""
        with self._database.transaction() as db:
            return {row[0] for row in db.execute("SELECT blob FROM parts")}


def _find(db: sqlite3.Connection, bucket: str, key: str, upload_id: str) -> Upload:
    find_bucket(db, bucket)
    row = db.execute(
        "SELECT headers, tags FROM uploads WHERE id = ? AND bucket = ? AND key = ?",
        (upload_id, bucket, key),
    ).fetchone()
    if row is None:
        text = (
            "The specified upload does not exist. The upload ID may be invalid, "
            "or the upload may have been aborted or completed."
        )
        raise OssError(404, "NoSuchUpload", text, {"UploadId": upload_id})
    return Upload(upload_id, json.loads(row["headers"]), json.loads(row["tags"]))


def _parts(db: sqlite3.Connection, upload_id: str) -> list[Part]:
    rows = db.execute(
        "SELECT number, modified, blob, size, md5, crc64 FROM parts"
        " WHERE upload = ? ORDER BY number",
        (upload_id,),
    )
    return [Part(row["number"], row["modified"], Blob(*tuple(row)[2:])) for row in rows]
