"""Objects: written, read and removed in one step each, whatever happens at the same time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from facescreen_local.oss.errors import DeleteMarkerError, NoSuchKeyError, OssError, no_such_version
from facescreen_local.oss.store.blobs import Blobs
from facescreen_local.oss.store.buckets import Bucket, find_bucket
from facescreen_local.oss.store.contents import PUBLIC_READ, SYMLINK, Contents, Metadata
from facescreen_local.oss.store.cursor import Marker
from facescreen_local.oss.store.versions import (
    UNVERSIONED,
    StoredObject,
    current_after,
    delete_version,
    find_version,
    insert_version,
    next_version,
    update_metadata,
    versions_after,
)
from facescreen_local.protocol.database import Database


@dataclass(frozen=True)
class Written:
    """A write's result; `replaced` is the version that was current before."""

    stored: StoredObject
    replaced: StoredObject | None


@dataclass(frozen=True)
class Removal:
    """A deletion's result; `removed` is what can no longer be read without naming its version.

    `version_id` is that of the version deleted or of the delete marker left; None where the
    bucket never kept versions.
    """

    removed: StoredObject | None
    version_id: str | None
    delete_marker: bool


class Objects:
    """A blob goes when the last version that names it does."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject:
        """The current version, or the named one. Raises OssError NoSuch…, MethodNotAllowed."""
        with self._database.transaction() as db:
            return _existing(db, find_bucket(db, bucket), key, version)

    def open(
        self, bucket: str, key: str, version: str | None = None
    ) -> tuple[StoredObject, BinaryIO]:
        """As `find`, with the very bytes that it describes, whatever is written meanwhile."""
        with self._database.transaction():
            stored = self.find(bucket, key, version)
            return stored, self._blobs.open(stored.contents.blob.name)

    def read(
        self, bucket: str, key: str, version: str | None = None
    ) -> tuple[StoredObject, BinaryIO]:
        """As `open`, for a reader: what a symlink leads to instead of the symlink.

        Raises OssError SymlinkTargetNotExist and InvalidTargetType as well.
        """
        with self._database.transaction():
            stored, file = self.open(bucket, key, version)
            if stored.contents.kind != SYMLINK:
                return stored, file
            with file:
                target = self._target(bucket, file.read().decode())
            return _seen_through(stored, target), self._blobs.open(target.contents.blob.name)

    def put(
        self,
        bucket_name: str,
        key: str,
        contents: Contents,
        check: Callable[[Bucket, StoredObject | None], None],
        extends: bool = False,
    ) -> Written:
        """Makes `contents` current in one step.

        `check` sees the bucket and the current version inside the transaction, and raises to
        refuse. What `extends` a current version keeps its id and its metadata.
        """
        try:
            with self._database.transaction() as db:
                bucket = find_bucket(db, bucket_name)
                replaced = _current(db, bucket, key)
                check(bucket, replaced)
                version = next_version(db, bucket)
                if extends and replaced is not None:
                    version = replaced.version
                    contents = replace(contents, metadata=replaced.contents.metadata)
                dropped = delete_version(db, bucket, key, version)
                insert_version(db, bucket, key, version, contents)
                stored = _existing(db, bucket, key, version)
        except BaseException:
            self._blobs.delete([contents.blob.name])
            raise
        self._blobs.delete(dropped)
        return Written(stored, replaced)

    def remove(self, bucket_name: str, key: str, version: str | None = None) -> Removal:
        """Deletes the named version for good; without one, as the bucket's versioning says."""
        with self._database.transaction() as db:
            bucket = find_bucket(db, bucket_name)
            if version is None and bucket.versioning:
                removal, dropped = _mark_deleted(db, bucket, key)
            else:
                removal, dropped = _delete(db, bucket, key, version or UNVERSIONED)
        self._blobs.delete(dropped)
        return removal

    def describe(
        self,
        bucket_name: str,
        key: str,
        version: str | None,
        change: Callable[[Metadata], Metadata],
    ) -> StoredObject:
        """Changes the metadata and nothing else, Last-Modified least of all."""
        with self._database.transaction() as db:
            bucket = find_bucket(db, bucket_name)
            stored = _existing(db, bucket, key, version)
            contents = replace(stored.contents, metadata=change(stored.contents.metadata))
            changed = replace(stored, contents=contents)
            update_metadata(db, bucket, changed)
            return changed

    def current_after(
        self, bucket: str, prefix: str, marker: Marker, limit: int
    ) -> list[StoredObject]:
        """Current versions whose keys follow the marker's, by key, starting at `prefix`."""
        with self._database.transaction() as db:
            return current_after(db, find_bucket(db, bucket), prefix, marker, limit)

    def versions_after(
        self, bucket: str, prefix: str, marker: Marker, limit: int
    ) -> list[StoredObject]:
        """Like `current_after`: all versions, the newest of a key first, delete markers too."""
        with self._database.transaction() as db:
            return versions_after(db, find_bucket(db, bucket), prefix, marker, limit)

    def blobs(self) -> set[str]:
        """The names of all blobs in use."""
        with self._database.transaction() as db:
            return {row[0] for row in db.execute("SELECT blob FROM versions")}

    def _target(self, bucket: str, key: str) -> StoredObject:
        try:
            target = self.find(bucket, key)
        except NoSuchKeyError:
            text = "The symlink target object does not exist."
            raise OssError(404, "SymlinkTargetNotExist", text) from None
        if target.contents.kind == SYMLINK:
            text = "The symlink target object is a symlink itself."
            raise OssError(400, "InvalidTargetType", text)
        return target


def _existing(
    db: sqlite3.Connection, bucket: Bucket, key: str, version: str | None
) -> StoredObject:
    stored = find_version(db, bucket, key, version)
    if stored is None:
        raise NoSuchKeyError(key) if version is None else no_such_version(key, version)
    if stored.deleted:
        said = {"x-oss-delete-marker": "true", "x-oss-version-id": stored.version}
        raise NoSuchKeyError(key, said) if version is None else DeleteMarkerError(said)
    return stored


def _current(db: sqlite3.Connection, bucket: Bucket, key: str) -> StoredObject | None:
    latest = find_version(db, bucket, key, None)
    return None if latest is None or latest.deleted else latest


def _mark_deleted(db: sqlite3.Connection, bucket: Bucket, key: str) -> tuple[Removal, list[str]]:
    removed, marker = _current(db, bucket, key), next_version(db, bucket)
    # Where versioning is suspended, the null version makes way for the marker.
    dropped = delete_version(db, bucket, key, marker)
    insert_version(db, bucket, key, marker)
    return Removal(removed, marker, delete_marker=True), dropped


def _delete(
    db: sqlite3.Connection, bucket: Bucket, key: str, version: str
) -> tuple[Removal, list[str]]:
    gone = find_version(db, bucket, key, version)
    dropped = delete_version(db, bucket, key, version)
    removed = gone if gone is not None and gone.latest and not gone.deleted else None
    marker = gone is not None and gone.deleted
    return Removal(removed, version if bucket.versioning else None, marker), dropped


def _seen_through(link: StoredObject, target: StoredObject) -> StoredObject:
    """A symlink as its readers see it: the target's bytes under the link's own metadata."""
    acl = link.contents.metadata.acl
    if acl == PUBLIC_READ:
        # Everyone may read only what both of them let everyone read.
        acl = target.contents.metadata.acl
    contents = replace(
        link.contents,
        blob=target.contents.blob,
        etag=target.contents.etag,
        metadata=replace(link.contents.metadata, acl=acl),
    )
    return replace(link, contents=contents, modified=max(link.modified, target.modified))
