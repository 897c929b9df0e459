"""Writes, reads and removes objects, each in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from facescreen_local.oss.errors import (
    DeleteMarkerError,
    NoSuchKeyError,
    OssError,
    no_such_version_error,
)
from facescreen_local.oss.store.blobs import Blobs
from facescreen_local.oss.store.buckets import StoredBucket, find_bucket
from facescreen_local.oss.store.contents import (
    PUBLIC_READ_ACL,
    SYMLINK_TYPE,
    ObjectContents,
)
from facescreen_local.oss.store.cursor import ListingMarker
from facescreen_local.oss.store.versions import (
    NULL_VERSION,
    StoredObject,
    create_version_id,
    delete_version,
    find_version,
    insert_version,
    list_current_after,
    list_versions_after,
    update_version,
)
from facescreen_local.protocol.database import Database


@dataclass(frozen=True)
class WriteResult:
    """The result of a write. `replaced` is the version that was current before."""

    stored: StoredObject
    replaced: StoredObject | None


@dataclass(frozen=True)
class RemovalResult:
    """The result of a deletion. `removed` is the current version that was removed or hidden.

    `version_id` is that of the deleted version or of the new delete marker; None if the bucket was
    never versioned.
    """

    removed: StoredObject | None
    version_id: str | None
    delete_marker: bool


class Objects:
    """The table of object versions. A blob is deleted with the version that uses it."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject:
        """Return the current version or the given one.

        Raises OssError: NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed.
        """
        with self._database.transaction() as db:
            return _require_version(db, find_bucket(db, bucket), key, version)

    def open(
        self, bucket: str, key: str, version: str | None = None
    ) -> tuple[StoredObject, BinaryIO]:
        """Like `find`, and open the version's bytes in the same transaction."""
        with self._database.transaction():
            stored = self.find(bucket, key, version)
            return stored, self._blobs.open(stored.contents.blob.name)

    def open_following_symlink(
        self, bucket: str, key: str, version: str | None = None
    ) -> tuple[StoredObject, BinaryIO]:
        """Like `open`, but follow a symlink.

        Raises OssError SymlinkTargetNotExist and InvalidTargetType as well.
        """
        with self._database.transaction():
            stored, file = self.open(bucket, key, version)
            if stored.contents.object_type != SYMLINK_TYPE:
                return stored, file
            with file:
                target = self._find_symlink_target(bucket, file.read().decode())
            return _resolve_symlink(stored, target), self._blobs.open(target.contents.blob.name)

    def put(
        self,
        bucket_name: str,
        key: str,
        contents: ObjectContents,
        *,
        modified: int,
        check: Callable[[StoredBucket, StoredObject | None], None],
        extends: bool = False,
    ) -> WriteResult:
        """Make `contents` the current version in one transaction.

        `check` is called inside it with the bucket and the current version, and raises to prevent
        the write. With `extends`, the current version's metadata is kept, and the version has no
        id of its own, even in a versioned bucket.
        """
        try:
            with self._database.transaction() as db:
                bucket = find_bucket(db, bucket_name)
                replaced = _find_current(db, bucket, key)
                check(bucket, replaced)
                version = NULL_VERSION if extends else create_version_id(db, bucket)
                if extends and replaced is not None:
                    contents = replace(contents, metadata=replaced.contents.metadata)
                unused_blobs = delete_version(db, bucket, key, version)
                insert_version(db, bucket, key, version, contents, modified=modified)
                stored = _require_version(db, bucket, key, version)
        except BaseException:
            self._blobs.delete([contents.blob.name])
            raise
        self._blobs.delete(unused_blobs)
        return WriteResult(stored, replaced)

    def remove(
        self, bucket_name: str, key: str, version: str | None, modified: int
    ) -> RemovalResult:
        """Delete the given version; without one, the current version, or add a delete marker in a
        versioned bucket, with `modified` as its time."""
        with self._database.transaction() as db:
            bucket = find_bucket(db, bucket_name)
            if version is None and bucket.versioning:
                removal, unused_blobs = _add_delete_marker(db, bucket, key, modified)
            else:
                removal, unused_blobs = _delete(db, bucket, key, version or NULL_VERSION)
        self._blobs.delete(unused_blobs)
        return removal

    def update(
        self,
        bucket_name: str,
        key: str,
        version: str | None,
        change: Callable[[StoredObject], StoredObject],
    ) -> StoredObject:
        """Change an object's metadata and modification time, and nothing else of it."""
        with self._database.transaction() as db:
            bucket = find_bucket(db, bucket_name)
            changed = change(_require_version(db, bucket, key, version))
            update_version(db, bucket, changed)
            return changed

    def list_current_after(
        self, bucket: str, prefix: str, marker: ListingMarker, limit: int
    ) -> list[StoredObject]:
        """Return current versions with the prefix that follow the marker, by key."""
        with self._database.transaction() as db:
            return list_current_after(db, find_bucket(db, bucket), prefix, marker, limit)

    def list_versions_after(
        self, bucket: str, prefix: str, marker: ListingMarker, limit: int
    ) -> list[StoredObject]:
        """Return all versions with the prefix that follow the marker, by key and the newest first,
        including delete markers."""
        with self._database.transaction() as db:
            return list_versions_after(db, find_bucket(db, bucket), prefix, marker, limit)

    def list_blobs(self) -> set[str]:
        """Return the names of all blobs in use."""
        with self._database.transaction() as db:
            return {row[0] for row in db.execute("SELECT blob FROM versions")}

    def _find_symlink_target(self, bucket: str, key: str) -> StoredObject:
        try:
            target = self.find(bucket, key)
        except NoSuchKeyError:
            message = "The symlink target object does not exist."
            raise OssError(404, "SymlinkTargetNotExist", message) from None
        if target.contents.object_type == SYMLINK_TYPE:
            message = "The symlink target object is a symlink itself."
            raise OssError(400, "InvalidTargetType", message)
        return target


def _require_version(
    db: sqlite3.Connection, bucket: StoredBucket, key: str, version: str | None
) -> StoredObject:
    stored = find_version(db, bucket, key, version)
    if stored is None:
        raise NoSuchKeyError(key) if version is None else no_such_version_error(key, version)
    if stored.deleted:
        headers = {"x-oss-delete-marker": "true", "x-oss-version-id": stored.version}
        raise NoSuchKeyError(key, headers) if version is None else DeleteMarkerError(headers)
    return stored


def _find_current(db: sqlite3.Connection, bucket: StoredBucket, key: str) -> StoredObject | None:
    latest = find_version(db, bucket, key, None)
    return None if latest is None or latest.deleted else latest


def _add_delete_marker(
    db: sqlite3.Connection, bucket: StoredBucket, key: str, modified: int
) -> tuple[RemovalResult, list[str]]:
    removed, marker = _find_current(db, bucket, key), create_version_id(db, bucket)
    # If versioning is suspended, the marker replaces the null version.
    unused_blobs = delete_version(db, bucket, key, marker)
    insert_version(db, bucket, key, marker, modified=modified)
    return RemovalResult(removed, marker, delete_marker=True), unused_blobs


def _delete(
    db: sqlite3.Connection, bucket: StoredBucket, key: str, version: str
) -> tuple[RemovalResult, list[str]]:
    stored = find_version(db, bucket, key, version)
    unused_blobs = delete_version(db, bucket, key, version)
    removed = stored if stored is not None and stored.latest and not stored.deleted else None
    was_marker = stored is not None and stored.deleted
    return RemovalResult(removed, version if bucket.versioning else None, was_marker), unused_blobs


def _resolve_symlink(link: StoredObject, target: StoredObject) -> StoredObject:
    """Return a symlink as readers see it: the target's bytes with the link's metadata."""
    acl = link.contents.metadata.acl
    if acl == PUBLIC_READ_ACL:
        # The result is public only if both are.
        acl = target.contents.metadata.acl
    contents = replace(
        link.contents,
        blob=target.contents.blob,
        etag=target.contents.etag,
        metadata=replace(link.contents.metadata, acl=acl),
    )
    return replace(link, contents=contents, modified=max(link.modified, target.modified))
