"""Objects in memory as their owners and readers know them: without the port of our own."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from facescreen.errors import TagsRefusedError
from facescreen.model import ObjectRef, ObjectType
from facescreen.testing.object_table import DEFAULT_METADATA, ObjectTable, StoredObject

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from facescreen.storage.heads import ReaderMetadata

_MAX_TAGS = 10


class MemoryObjects:
    """What clients other than facescreen do with a store, and what they see. The buckets need not
    be created, and all are versioned or all are not. Safe to use from several threads.

    Times are seconds since the epoch. Last-Modified has whole seconds, on OSS a change of the ACL
    moves it, and `node_skews_s` makes the store's nodes disagree: the node that writes sets
    Last-Modified, the node that responds sets Date.
    """

    def __init__(
        self,
        *,
        name: str = "oss",
        versioned: bool = False,
        clock: Callable[[], float] = time.time,
        node_skews_s: Sequence[float] | Callable[[], float] = (0,),
        multipart_last_modified: str = "initiated",
    ) -> None:
        """`clock` returns the time. `node_skews_s` are how far the clocks of the nodes are ahead,
        in rotation, or a function that chooses the node of each request. `multipart_last_modified`
        is ``initiated`` or ``completed``: what Last-Modified of a multipart upload says.
        `versioned` may be changed later, as a bucket's versioning."""
        self.name = name
        self.versioned = versioned
        self.clock = clock
        self._node_skews_s = node_skews_s
        self._multipart_last_modified = multipart_last_modified
        self._table = ObjectTable()
        self._requests = 0

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes,
        tags: dict[str, str] | None = None,
        *,
        is_multipart: bool = False,
        initiated_at: float | None = None,
        is_replica: bool = False,
        last_modified: float | None = None,
        metadata: ReaderMetadata = DEFAULT_METADATA,
    ) -> str:
        """Write an object as an uploader does, without the tags of what it overwrites. Returns its
        ETag. `initiated_at` is when a multipart upload began; it is written now. A replica has the
        `last_modified` of its source."""
        is_multipart = is_multipart or initiated_at is not None
        etag = self._compute_etag(data) + ("-2" if is_multipart else "")
        written_at = self._now_at_node()
        if self._multipart_last_modified == "initiated" and initiated_at is not None:
            written_at = int(initiated_at)
        stored = StoredObject(
            data,
            etag,
            written_at if last_modified is None else int(last_modified),
            self._create_version_id(),
            ObjectType.MULTIPART if is_multipart else ObjectType.NORMAL,
            tuple((tags or {}).items()),
            is_replica=is_replica,
            metadata=metadata,
        )
        self._table.add(bucket, key, stored)
        return etag

    def append(self, bucket: str, key: str, data: bytes, tags: dict[str, str] | None = None) -> str:
        """Append to an appendable object of OSS, or create one with `tags`. An append changes
        neither the tags nor the version id. Returns the new ETag."""
        current = self._table.find_current(bucket, key)
        if current is None:
            self._add_of_type(ObjectType.APPENDABLE, bucket, key, data, tags)
            return self._compute_etag(data)
        if current.object_type is not ObjectType.APPENDABLE:
            raise ValueError("the object is not appendable")
        whole = current.data + data
        appended = replace(
            current,
            data=whole,
            etag=self._compute_etag(whole),
            last_modified=self._now_at_node(),
        )
        self._table.change(bucket, key, current, appended)
        return appended.etag

    def put_symlink(
        self, bucket: str, key: str, target: str, tags: dict[str, str] | None = None
    ) -> None:
        """Create a symlink of OSS to the key `target`, which need not exist."""
        self._add_of_type(ObjectType.SYMLINK, bucket, key, target.encode(), tags)

    def put_tags(self, bucket: str, key: str, tags: dict[str, str], version_id: str = "") -> None:
        """Replace the tag set, as an uploader may who is allowed to."""
        self._replace_tags(
            ObjectRef(self.name, bucket, key, version_id=version_id), tuple(tags.items())
        )

    def put_acl(self, bucket: str, key: str, acl: str) -> None:
        """Set the ACL, as an uploader may who is allowed to."""
        self._set_acl(ObjectRef(self.name, bucket, key), acl)

    def remove(self, bucket: str, key: str, version_id: str = "") -> None:
        """Delete an object, or one version for good. In a versioned bucket the former adds a delete
        marker."""
        if version_id:
            self._table.remove(bucket, key, version_id)
            return
        marker = StoredObject(
            b"", "", self._now_at_node(), self._create_version_id(), is_delete_marker=True
        )
        self._table.hide(bucket, key, marker)

    def exists(self, bucket: str, key: str) -> bool:
        """Whether the object exists."""
        return self._table.find_current(bucket, key) is not None

    def list_keys(self, bucket: str) -> list[str]:
        """The keys of all objects in a bucket, sorted."""
        return [key for key, _ in self._table.list_current(bucket)]

    def create_ref(self, bucket: str, key: str) -> ObjectRef:
        """A reference to the current object as the event of its write has it."""
        ref = ObjectRef(self.name, bucket, key)
        stored = self._table.find(ref)
        return replace(ref, etag=stored.etag, version_id=stored.version_id, size=len(stored.data))

    def peek_data(self, ref: ObjectRef) -> bytes:
        """The bytes that any reader gets."""
        return self._table.follow(ref.bucket, self._table.find(ref)).data

    def peek_tags(self, ref: ObjectRef) -> dict[str, str]:
        """The tag set."""
        return dict(self._table.find(ref).tags)

    def peek_acl(self, ref: ObjectRef) -> str:
        """The access list."""
        return self._table.find(ref).acl

    def snapshot(self) -> Hashable:
        """Return the whole state except the clock; equal states are equal."""
        return self._table.snapshot(), self._requests

    def restore(self, snapshot: Any) -> None:
        """Return to the state of a snapshot of these objects."""
        table, self._requests = snapshot
        self._table.restore(table)

    def _replace_tags(self, ref: ObjectRef, tags: tuple[tuple[str, str], ...]) -> None:
        stored = self._table.find(ref)
        if len(tags) > _MAX_TAGS:
            raise TagsRefusedError(f"more than {_MAX_TAGS} tags")
        self._table.change(ref.bucket, ref.key, stored, replace(stored, tags=tags))

    def _set_acl(self, ref: ObjectRef, acl: str) -> None:
        stored = self._table.find(ref)
        changed = replace(stored, acl=acl)
        if self.name == "oss":
            changed = replace(changed, last_modified=self._now_at_node())
        self._table.change(ref.bucket, ref.key, stored, changed)

    def _add_of_type(
        self,
        object_type: ObjectType,
        bucket: str,
        key: str,
        data: bytes,
        tags: dict[str, str] | None,
    ) -> None:
        if self.name != "oss":
            raise ValueError(f"S3 has no objects of the type {object_type.value}")
        stored = StoredObject(
            data,
            self._compute_etag(data),
            self._now_at_node(),
            self._create_version_id(),
            object_type,
            tuple((tags or {}).items()),
        )
        self._table.add(bucket, key, stored)

    def _now_at_node(self) -> int:
        """The time in whole seconds at the node that serves the request."""
        if callable(self._node_skews_s):
            skew_s = self._node_skews_s()
        else:
            skew_s = self._node_skews_s[self._requests % len(self._node_skews_s)]
            self._requests = (self._requests + 1) % len(self._node_skews_s)
        return int(self.clock() + skew_s)

    def _create_version_id(self) -> str:
        return self._table.create_version_id() if self.versioned else ""

    def _compute_etag(self, data: bytes) -> str:
        digest = _compute_md5(data)
        return digest.upper() if self.name == "oss" else digest


@lru_cache(maxsize=256)
def _compute_md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
