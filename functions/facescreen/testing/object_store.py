"""The ObjectStore and the QuarantineStore in memory, for tests: as coarse as OSS and S3, and as
strict."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from facescreen.errors import (
    AccessDeniedError,
    ContentError,
    ObjectChangedError,
    RequestRejectedError,
)
from facescreen.model import ObjectHead, ObjectRef
from facescreen.storage.heads import check_metadata
from facescreen.storage.keys import NULL_VERSION, drop_null_version
from facescreen.storage.ports import (
    FIRST_BYTES,
    MAX_OBJECTS_PER_PAGE,
    MAX_VERSION_PAGES,
    FetchedObject,
    ListingPage,
    ObjectSummary,
)
from facescreen.testing.objects import MemoryObjects
from facescreen.testing.presigned_urls import (
    PRESIGNED_ORIGIN,
    build_presigned_url,
    parse_presigned_url,
)
from facescreen.testing.requests import RequestPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from facescreen.testing.object_table import StoredObject

_LIST_PERMISSIONS = {"oss": "oss:ListObjects", "s3": "s3:ListBucket"}


class MemoryStore(MemoryObjects, RequestPoint):
    """A QuarantineStore. The methods of MemoryObjects are what other clients do, and call no hook
    of RequestPoint."""

    public_origins: tuple[str, ...] = (PRESIGNED_ORIGIN,)

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
        """`convert` makes a conforming JPEG of an image, as OSS does, and raises ValueError if it
        can't; without it the store does not convert, as S3. The other arguments are those of
        MemoryObjects."""
        MemoryObjects.__init__(
            self,
            name=name,
            versioned=versioned,
            clock=clock,
            node_skews_s=node_skews_s,
            multipart_last_modified=multipart_last_modified,
        )
        RequestPoint.__init__(self)
        self.list_permission = _LIST_PERMISSIONS[name]
        self.can_convert = convert is not None
        self._convert_bytes = convert

    def download_presigned(self, url: str) -> bytes:
        """The bytes that a presigned URL returns now. Raises ObjectNotFoundError, ContentError, and
        AccessDeniedError after its expiry."""
        request = parse_presigned_url(self.name, url)
        if self.clock() > request.expires_at:
            raise AccessDeniedError("the URL has expired")
        data = self.peek_data(request.ref)
        return self._to_conforming_jpeg(data) if request.convert else data

    def snapshot(self) -> Hashable:
        """Return the whole state except the clock and the hooks; equal states are equal."""
        return super().snapshot(), self._snapshot_requests()

    def restore(self, snapshot: Any) -> None:
        """Return to the state of a snapshot of this store."""
        objects, requests = snapshot
        super().restore(objects)
        self._restore_requests(requests)

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
        return build_presigned_url(ref, self.clock(), expires_in_s, convert=convert)

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        self.before_operation("presign")
        convert = self.name == "oss"
        return build_presigned_url(ref, self.clock(), expires_in_s, convert=convert)

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
        check_metadata(stored.metadata)
        is_whole = len(stored.data) <= max_bytes
        data = stored.data if is_whole else stored.data[:FIRST_BYTES]
        return FetchedObject(self._describe(stored), data)

    def _read(self, ref: ObjectRef) -> bytes:
        stored = self._table.follow(ref.bucket, self._table.find(ref))
        if ref.etag and ref.etag != stored.etag:
            raise ObjectChangedError("the object was overwritten")
        return stored.data

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

    def _to_conforming_jpeg(self, data: bytes) -> bytes:
        if self._convert_bytes is None:
            raise _build_conversion_error()
        try:
            return self._convert_bytes(data)
        except ValueError:
            raise ContentError(
                "the store can't convert the image", code="UnqualifiedPhoto"
            ) from None


def _to_datetime(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, timezone.utc)


def _build_conversion_error() -> RequestRejectedError:
    return RequestRejectedError("this store can't convert images on read")
