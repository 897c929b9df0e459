"""Objects in memory with their versions, symlinks and delete markers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from facescreen.errors import ContentError, ObjectNotFoundError
from facescreen.model import ObjectType
from facescreen.storage.heads import ReaderMetadata
from facescreen.storage.keys import drop_null_version

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from facescreen.model import ObjectRef

DEFAULT_METADATA = ReaderMetadata()
Address = tuple[str, str]
"""Bucket and key."""


@dataclass(frozen=True)
class StoredObject:
    """One version of an object, or a delete marker."""

    data: bytes
    """Of a symlink, the key that it shows."""
    etag: str
    last_modified: int
    """Seconds since the epoch."""
    version_id: str = ""
    """Empty if it was written without versioning."""
    object_type: ObjectType = ObjectType.NORMAL
    tags: tuple[tuple[str, str], ...] = ()
    acl: str = "default"
    is_replica: bool = False
    metadata: ReaderMetadata = DEFAULT_METADATA
    is_delete_marker: bool = False


class ObjectTable:
    """All versions of all objects. Safe to use from several threads. Values are immutable, so that
    a copy of the table is cheap."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._versions: dict[Address, tuple[StoredObject, ...]] = {}
        """The oldest first."""
        self._last_version = 0

    @property
    def has_versions(self) -> bool:
        """Whether an object was ever written with versioning."""
        return self._last_version > 0

    def create_version_id(self) -> str:
        """Return an id that no version has."""
        with self._lock:
            self._last_version += 1
            return f"v{self._last_version:06d}"

    def find(self, ref: ObjectRef) -> StoredObject:
        """Return the version in `ref`, or the current one, without following a symlink. Raises
        ObjectNotFoundError."""
        versions = self._versions.get((ref.bucket, ref.key), ())
        candidates = (
            [each for each in versions if each.version_id == drop_null_version(ref.version_id)]
            if ref.version_id
            else versions[-1:]
        )
        if not candidates or candidates[0].is_delete_marker:
            raise ObjectNotFoundError("the object does not exist")
        return candidates[0]

    def find_current(self, bucket: str, key: str) -> StoredObject | None:
        """Return the current version, if there is one."""
        versions = self._versions.get((bucket, key), ())
        return versions[-1] if versions and not versions[-1].is_delete_marker else None

    def follow(self, bucket: str, stored: StoredObject) -> StoredObject:
        """Return what a reader gets: for a symlink its target's bytes and ETag, with the later of
        both times. Raises ContentError if the target is missing or a symlink too."""
        if stored.object_type is not ObjectType.SYMLINK:
            return stored
        target = self.find_current(bucket, stored.data.decode())
        if target is None or target.object_type is ObjectType.SYMLINK:
            raise ContentError("the symlink's target can't be read", code="SymbolicLink")
        return replace(
            stored,
            data=target.data,
            etag=target.etag,
            last_modified=max(stored.last_modified, target.last_modified),
        )

    def list_current(self, bucket: str) -> Iterator[tuple[str, StoredObject]]:
        """Yield the keys and current versions in a bucket, sorted by key."""
        for name, key in sorted(self._versions):
            stored = self.find_current(name, key) if name == bucket else None
            if stored:
                yield key, stored

    def list_versions(self, bucket: str, key: str) -> list[StoredObject]:
        """Return the versions of a key, the newest first."""
        return [
            stored
            for stored in reversed(self._versions.get((bucket, key), ()))
            if not stored.is_delete_marker
        ]

    def add(self, bucket: str, key: str, stored: StoredObject) -> None:
        """Make `stored` the current version. Without an id it takes the place of the version
        without one, as while versioning is off or suspended."""
        with self._lock:
            versions = self._versions.get((bucket, key), ())
            kept = versions if stored.version_id else _with_ids(versions)
            self._versions[bucket, key] = (*kept, stored)

    def change(self, bucket: str, key: str, old: StoredObject, new: StoredObject) -> None:
        """Change a version in its place, unless another thread has replaced it."""
        with self._lock:
            if (bucket, key) in self._versions:
                self._versions[bucket, key] = tuple(
                    new if stored is old else stored for stored in self._versions[bucket, key]
                )

    def hide(self, bucket: str, key: str, marker: StoredObject) -> None:
        """Delete an object without naming a version: add the delete marker, if the bucket is or was
        versioned."""
        with self._lock:
            if marker.version_id or _with_ids(self._versions.get((bucket, key), ())):
                self.add(bucket, key, marker)
            else:
                self._versions.pop((bucket, key), None)

    def remove(self, bucket: str, key: str, version_id: str) -> None:
        """Delete a version or a delete marker for good; the one before it becomes current."""
        with self._lock:
            kept = tuple(
                stored
                for stored in self._versions.get((bucket, key), ())
                if stored.version_id != version_id
            )
            if kept:
                self._versions[bucket, key] = kept
            else:
                self._versions.pop((bucket, key), None)

    def snapshot(self) -> Hashable:
        """Return the whole content."""
        return frozenset(self._versions.items()), self._last_version

    def restore(self, snapshot: Any) -> None:
        """Replace the content with a snapshot."""
        versions, self._last_version = snapshot
        self._versions = dict(versions)


def _with_ids(versions: tuple[StoredObject, ...]) -> tuple[StoredObject, ...]:
    return tuple(stored for stored in versions if stored.version_id)
