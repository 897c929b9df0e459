"""The storage ports in memory, for tests: as coarse as OSS and S3, and as strict."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from facescreen.errors import (
    AccessDeniedError,
    ContentError,
    ObjectChangedError,
    RequestRejectedError,
    TagsRefusedError,
)
from facescreen.model import ObjectHead, ObjectRef, ObjectType
from facescreen.storage.heads import check_content_encoding
from facescreen.storage.keys import NULL_VERSION, drop_null_version
from facescreen.storage.ports import (
    FIRST_BYTES,
    MAX_OBJECTS_PER_PAGE,
    MAX_VERSION_PAGES,
    FetchedObject,
    ListingPage,
    ObjectSummary,
)
from facescreen.testing.object_table import ObjectTable, StoredObject
from facescreen.testing.requests import RequestPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

_MAX_TAGS = 10
_LIST_PERMISSIONS = {"oss": "oss:ListObjects", "s3": "s3:ListBucket"}


class MemoryStore(RequestPoint):
    """A QuarantineStore. Its buckets need not be created, and all are versioned or all are not.
    Safe to use from several threads.

    Times are seconds since the epoch. An object is described with whole seconds only, on OSS a
    change of its ACL moves Last-Modified, and `node_skews_s` makes the store's nodes disagree: the
    node that writes sets Last-Modified, the node that responds sets Date.
    """

    public_origins: tuple[str, ...] = ("https://*.example",)

    def __init__(
        self,
        *,
        name: str = "oss",
        versioned: bool = False,
        convert: Callable[[bytes], bytes] | None = None,
        clock: Callable[[], float] = time.time,
        node_skews_s: Sequence[float] | Callable[[], float] = (0,),
        multipart_last_modified: str = "initiated",
    ) -> None:
        """`convert` makes a conforming JPEG of an image, as OSS does; without it the store does not
        convert, as S3. `clock` returns the time. `node_skews_s` are how far the clocks of the nodes
        are ahead, in rotation, or a function that chooses the node of each request.
        `multipart_last_modified` is ``initiated`` or ``completed``: what Last-Modified of a
        multipart upload says. `versioned` may be changed later, as a bucket's versioning."""
        super().__init__()
        self.name = name
        self.list_permission = _LIST_PERMISSIONS[name]
        self.can_convert = convert is not None
        self.versioned = versioned
        self.clock = clock
        self._convert_bytes = convert
        self._node_skews_s = node_skews_s
        self._multipart_last_modified = multipart_last_modified
        self._table = ObjectTable()
        self._requests = 0

    # What other clients of the store do. None of it calls a hook.

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
        content_encoding: str = "",
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
            content_encoding=content_encoding,
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

    def download_presigned(self, url: str) -> bytes:
        """The bytes that a presigned URL returns now. Raises ObjectNotFoundError, ContentError, and
        AccessDeniedError after its expiry."""
        parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
        if self.clock() > float(query["x-oss-date"][0]) + float(query["x-oss-expires"][0]):
            raise AccessDeniedError("the URL has expired")
        ref = ObjectRef(
            self.name,
            (parts.hostname or "").removesuffix(".example"),
            unquote(parts.path[1:]),
            version_id=query.get("versionId", [""])[0],
        )
        data = self.peek_data(ref)
        return self._to_conforming_jpeg(data) if "x-oss-process" in query else data

    # The port.

    def head(self, ref: ObjectRef) -> ObjectHead:
        return self._perform("head", self._head, ref)

    def fetch(self, ref: ObjectRef, max_bytes: int) -> FetchedObject:
        return self._perform("fetch", self._fetch, ref, max_bytes)

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        return self._perform("read", self._read, ref)[start : start + length]

    def convert(self, ref: ObjectRef) -> bytes:
        return self._to_conforming_jpeg(self._perform("convert", self._read, ref))

    def get_tags(self, ref: ObjectRef) -> dict[str, str]:
        return self._perform("tags", self.peek_tags, ref)

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        self._perform("replace_tags", self._replace_tags, ref, tuple(tags.items()))

    def presign(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        self.before_operation("presign")
        if convert and not self.can_convert:
            raise _build_conversion_error()
        return self._build_url(ref, expires_in_s, convert=convert)

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        self.before_operation("presign")
        return self._build_url(ref, expires_in_s, convert=self.name == "oss")

    def list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        return self._perform("page", self._list_page, bucket, prefix, after)

    def list_versions(self, ref: ObjectRef) -> list[ObjectRef]:
        return self._perform("versions", self._list_versions, ref)

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        self._perform("copy", self._copy, ref, to, must_be_new)

    def can_delete(self, ref: ObjectRef) -> bool:
        is_version = bool(drop_null_version(ref.version_id))
        return is_version or (self.name == "s3" and bool(ref.etag))

    def delete(self, ref: ObjectRef) -> None:
        self._perform("delete", self._delete, ref)

    def get_acl(self, ref: ObjectRef) -> str:
        return self._perform("acl", self.peek_acl, ref)

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        self._perform("set_acl", self._set_acl, ref, acl)

    # For tests that try many orders of operations.

    def snapshot(self) -> Hashable:
        """Return the whole state except the clock and the hooks; equal states are equal."""
        return self._table.snapshot(), self._requests, self._snapshot_requests()

    def restore(self, snapshot: Any) -> None:
        """Return to the state of a snapshot of this store."""
        table, self._requests, requests = snapshot
        self._table.restore(table)
        self._restore_requests(requests)

    # How the operations are carried out.

    def _head(self, ref: ObjectRef) -> ObjectHead:
        stored = self._table.find(ref)
        try:
            return self._describe(self._table.follow(ref.bucket, stored))
        except ContentError:
            # As GetObjectMeta, which does not count tags.
            return replace(self._describe(stored), tag_count=None)

    def _fetch(self, ref: ObjectRef, max_bytes: int) -> FetchedObject:
        stored = self._table.follow(ref.bucket, self._table.find(ref))
        check_content_encoding(stored.content_encoding)
        is_whole = len(stored.data) <= max_bytes
        data = stored.data if is_whole else stored.data[:FIRST_BYTES]
        return FetchedObject(self._describe(stored), data)

    def _read(self, ref: ObjectRef) -> bytes:
        stored = self._table.follow(ref.bucket, self._table.find(ref))
        if ref.etag and ref.etag != stored.etag:
            raise ObjectChangedError("the object was overwritten")
        return stored.data

    def _replace_tags(self, ref: ObjectRef, tags: tuple[tuple[str, str], ...]) -> None:
        stored = self._table.find(ref)
        if len(tags) > _MAX_TAGS:
            raise TagsRefusedError(f"more than {_MAX_TAGS} tags")
        self._table.change(ref.bucket, ref.key, stored, replace(stored, tags=tags))

    def _list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        summaries = [
            ObjectSummary(
                key,
                stored.etag,
                len(stored.data),
                _to_datetime(stored.last_modified),
                stored.object_type,
            )
            for key, stored in self._table.list_current(bucket)
            if key.startswith(prefix) and key > after
        ]
        page = tuple(summaries[:MAX_OBJECTS_PER_PAGE])
        return ListingPage(page, page[-1].key if len(summaries) > len(page) else "")

    def _list_versions(self, ref: ObjectRef) -> list[ObjectRef]:
        versions = self._table.list_versions(ref.bucket, ref.key)
        return [
            ObjectRef(
                ref.store,
                ref.bucket,
                ref.key,
                stored.etag,
                stored.version_id or NULL_VERSION,
                len(stored.data),
            )
            for stored in versions[: MAX_VERSION_PAGES * MAX_OBJECTS_PER_PAGE]
        ]

    def _copy(self, ref: ObjectRef, to: ObjectRef, must_be_new: bool) -> None:
        stored = self._table.follow(ref.bucket, self._table.find(ref))
        if ref.etag != stored.etag:
            raise ObjectChangedError("the object was overwritten")
        ignores_condition = self.name == "oss" and self.versioned
        if must_be_new and self.exists(to.bucket, to.key) and not ignores_condition:
            raise ObjectChangedError("an object with that key exists already")
        self.put(to.bucket, to.key, stored.data, dict(stored.tags))

    def _delete(self, ref: ObjectRef) -> None:
        current = self._table.find_current(ref.bucket, ref.key)
        version_id = drop_null_version(ref.version_id)
        is_conditional = self.name == "s3" and not version_id
        if is_conditional and current and current.etag != ref.etag:
            raise ObjectChangedError("the object was overwritten")
        self.remove(ref.bucket, ref.key, version_id)

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

    def _describe(self, stored: StoredObject) -> ObjectHead:
        return ObjectHead(
            stored.etag,
            len(stored.data),
            last_modified=_to_datetime(stored.last_modified),
            date=_to_datetime(self._now_at_node()),
            version_id=stored.version_id,
            object_type=stored.object_type,
            tag_count=len(stored.tags) or None,
            # OSS does not say whether an object is a replica.
            is_replica=stored.is_replica and self.name == "s3",
            is_null_version=not stored.version_id and (self.versioned or self._table.has_versions),
        )

    def _build_url(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        query = {
            **({"versionId": ref.version_id} if ref.version_id else {}),
            "x-oss-date": f"{self.clock():.3f}",
            "x-oss-expires": str(expires_in_s),
            "x-oss-signature": "s3cr3t",
            **({"x-oss-process": "convert"} if convert else {}),
        }
        return f"https://{ref.bucket}.example/{quote(ref.key)}?{urlencode(query)}"

    def _to_conforming_jpeg(self, data: bytes) -> bytes:
        if self._convert_bytes is None:
            raise _build_conversion_error()
        return self._convert_bytes(data)

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


class MemoryStateStore(RequestPoint):
    """A StateStore. Safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes:
        return self._perform("read", self._read, key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        return self._perform("append", self._append, key, position, data)

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        yield from self._perform("list", self._list_keys, prefix, after)

    def snapshot(self) -> Hashable:
        """Return the whole state except the hooks; equal states are equal."""
        return frozenset(self._objects.items()), self._snapshot_requests()

    def restore(self, snapshot: Any) -> None:
        """Return to the state of a snapshot."""
        objects, requests = snapshot
        self._objects = dict(objects)
        self._restore_requests(requests)

    def _read(self, key: str) -> bytes:
        return self._objects.get(key, b"")

    def _append(self, key: str, position: int, data: bytes) -> bool:
        with self._lock:
            stored = self._objects.get(key, b"")
            if len(stored) != position:
                return False
            self._objects[key] = stored + data
            return True

    def _list_keys(self, prefix: str, after: str) -> list[str]:
        return sorted(key for key in self._objects if key.startswith(prefix) and key > after)


@lru_cache(maxsize=256)
def _compute_md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _to_datetime(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, timezone.utc)


def _build_conversion_error() -> RequestRejectedError:
    return RequestRejectedError("this store can't convert images on read")
