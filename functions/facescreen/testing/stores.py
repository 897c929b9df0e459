"""The storage ports in memory, for tests."""

from __future__ import annotations

import hashlib
import threading
import zlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from facescreen.errors import (
    ObjectChangedError,
    ObjectNotFoundError,
    RequestRejectedError,
    TagsRefusedError,
)
from facescreen.model import ObjectHead
from facescreen.storage.ports import MAX_OBJECTS_PER_PAGE, ListingPage, ObjectSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facescreen.model import ObjectRef

_MAX_TAGS = 10


@dataclass
class _StoredObject:
    data: bytes
    head: ObjectHead
    tags: dict[str, str]
    last_modified: datetime
    acl: str = "default"


class MemoryStore:
    """A QuarantineStore with unversioned buckets, which need not be created.

    `before_operation` is called with the name of each operation before it runs, and may raise or
    change the store. `now` is the store's clock.
    """

    name = "oss"
    list_permission = "oss:ListObjects"
    public_origins: tuple[str, ...] = ("https://*.example",)

    def __init__(self, *, convert: Callable[[bytes], bytes] | None = None) -> None:
        """`convert` makes a conforming JPEG of an image, as OSS does. Without it the store does
        not convert, as S3."""
        self.can_convert = convert is not None
        self.before_operation: Callable[[str], None] = lambda _operation: None
        self.now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
        self._convert = convert
        self._objects: dict[tuple[str, str], _StoredObject] = {}
        self._writes = 0

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes,
        tags: dict[str, str] | None = None,
        *,
        is_multipart: bool = False,
    ) -> str:
        """Write an object as an uploader does, without `before_operation`. Returns its ETag."""
        self._writes += 1
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
        etag += "-2" if is_multipart else ""
        checksum = f"{zlib.crc32(data):08x}"
        head = ObjectHead(etag, len(data), f"write {self._writes}", checksum=checksum)
        self._objects[bucket, key] = _StoredObject(data, head, dict(tags or {}), self.now())
        return etag

    def remove(self, bucket: str, key: str) -> None:
        """Delete an object as another client does, without `before_operation`."""
        self._objects.pop((bucket, key), None)

    def exists(self, bucket: str, key: str) -> bool:
        """Whether the object exists."""
        return (bucket, key) in self._objects

    def list_keys(self, bucket: str) -> list[str]:
        """The keys of all objects in a bucket, sorted."""
        return sorted(key for name, key in self._objects if name == bucket)

    def peek_acl(self, ref: ObjectRef) -> str:
        """The access list, as another client reads it, without `before_operation`."""
        return self._objects[ref.bucket, ref.key].acl

    def head(self, ref: ObjectRef) -> ObjectHead:
        return self._start_operation("head", ref).head

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        stored = self._start_operation("read", ref)
        if ref.etag and ref.etag != stored.head.etag:
            raise ObjectChangedError("the object was overwritten")
        return stored.data[start : start + length]

    def download(self, ref: ObjectRef, *, convert: bool) -> bytes:
        data = self.read(ref, 0, self._start_operation("download", ref).head.size)
        if not convert:
            return data
        if self._convert is None:
            raise RequestRejectedError("this store does not convert images")
        return self._convert(data)

    def get_tags(self, ref: ObjectRef) -> dict[str, str]:
        return dict(self._start_operation("tags", ref).tags)

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        stored = self._start_operation("replace_tags", ref)
        if len(tags) > _MAX_TAGS:
            raise TagsRefusedError(f"more than {_MAX_TAGS} tags")
        stored.tags = dict(tags)

    def presign(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        self.before_operation("presign")
        process = "&x-oss-process=convert" if convert else ""
        query = f"x-oss-expires={expires_in_s}&x-oss-signature=s3cr3t{process}"
        return f"https://{ref.bucket}.example/{ref.key}?{query}"

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        return self.presign(ref, expires_in_s, convert=True)

    def list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        self.before_operation("page")
        keys = [key for key in self.list_keys(bucket) if key.startswith(prefix) and key > after]
        return ListingPage(
            tuple(self._summarize(bucket, key) for key in keys[:MAX_OBJECTS_PER_PAGE]),
            keys[MAX_OBJECTS_PER_PAGE - 1] if len(keys) > MAX_OBJECTS_PER_PAGE else "",
        )

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        stored = self._start_operation("copy", ref)
        if ref.etag != stored.head.etag or (must_be_new and self.exists(to.bucket, to.key)):
            raise ObjectChangedError("the object was overwritten")
        self.put(to.bucket, to.key, stored.data, stored.tags)

    def delete(self, ref: ObjectRef) -> None:
        self.before_operation("delete")
        self.remove(ref.bucket, ref.key)

    def get_acl(self, ref: ObjectRef) -> str:
        return self._start_operation("acl", ref).acl

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        self._start_operation("set_acl", ref).acl = acl

    def _summarize(self, bucket: str, key: str) -> ObjectSummary:
        stored = self._objects[bucket, key]
        return ObjectSummary(key, stored.head.etag, stored.head.size, stored.last_modified)

    def _start_operation(self, operation: str, ref: ObjectRef) -> _StoredObject:
        """Call `before_operation`. Returns the object, or raises ObjectNotFoundError."""
        self.before_operation(operation)
        try:
            return self._objects[ref.bucket, ref.key]
        except KeyError:
            raise ObjectNotFoundError("the object does not exist") from None


class MemoryStateStore:
    """A StateStore. Safe to use from several threads."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes:
        return self._objects.get(key, b"")

    def append(self, key: str, position: int, data: bytes) -> bool:
        with self._lock:
            stored = self._objects.get(key, b"")
            if len(stored) != position:
                return False
            self._objects[key] = stored + data
            return True

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        for key in sorted(self._objects):
            if key.startswith(prefix) and key > after:
                yield key
