"""The ports to object stores, and helpers to list objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from facescreen.model import ObjectType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facescreen.model import ObjectHead, ObjectRef

MAX_OBJECTS_PER_PAGE = 1000
"""Objects on one page of a listing, on OSS and on S3."""
MAX_VERSION_PAGES = 10
"""Pages of a key's versions that `ObjectStore.list_versions` requests at most."""
FIRST_BYTES = 128 * 1024
"""What `ObjectStore.fetch` reads of an object that is too large: enough to tell its format."""


class ObjectStore(Protocol):
    """The store of the watched buckets. A `version_id` in a reference pins every operation to that
    version.

    All methods raise ObjectNotFoundError, AccessDeniedError, ServiceUnavailableError.
    """

    name: str
    """``oss`` or ``s3``."""
    list_permission: str
    """The permission that `list_page` needs: ``oss:ListObjects``, ``s3:ListBucket``."""
    can_convert: bool
    """Whether the store can convert an image to a conforming JPEG on read. If not, `convert` is
    always False."""
    public_origins: tuple[str, ...]
    """The origins of presigned URLs, for a page's Content-Security-Policy."""

    def head(self, ref: ObjectRef) -> ObjectHead:
        """Return the head of the current object, or of the version in `ref`, also where `fetch`
        raises ContentError. Ignores `ref.etag`."""

    def fetch(self, ref: ObjectRef, max_bytes: int) -> FetchedObject:
        """Return the head and the bytes by one GET; of an object with more than `max_bytes`, the
        first FIRST_BYTES. Ignores `ref.etag`. Raises ContentError as `read` does, and for metadata
        that make readers see something else (heads.check_metadata)."""

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        """Read a range of bytes. Raises ObjectChangedError if the object no longer has `ref.etag`,
        and ContentError, whose `code` is the reason, if the store can't return the bytes to us:
        archived objects, S3 objects that are encrypted with a customer key (SSE-C), symlinks
        whose target can't be read."""

    def convert(self, ref: ObjectRef) -> bytes:
        """Read the object as a conforming JPEG, if `can_convert`. Raises ObjectChangedError if the
        object no longer has `ref.etag`, and ContentError, whose `code` is the reason, if the store
        can't convert it."""

    def get_tags(self, ref: ObjectRef) -> dict[str, str]:
        """Return the whole tag set."""

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        """Replace the whole tag set. Raises TagsRefusedError, and ServiceUnavailableError also if
        an earlier try of the same request got no answer: it may be carried out later."""

    def presign(self, ref: ObjectRef, expires_in_s: int, *, convert: bool) -> str:
        """Return a presigned GET URL on the public endpoint, valid for `expires_in_s`."""

    def presign_thumbnail(self, ref: ObjectRef, expires_in_s: int) -> str:
        """Return a presigned URL of a thumbnail, or of the object if the store makes none."""

    def list_page(self, bucket: str, prefix: str, after: str) -> ListingPage:
        """Return the first objects under `prefix` whose keys come after `after`, sorted by key."""

    def list_versions(self, ref: ObjectRef) -> list[ObjectRef]:
        """Return the versions of the key with ETag and size, newest first, without delete markers;
        at most the newest 10,000. In a bucket that was never versioned, an object has the version
        ``null``."""


class QuarantineStore(ObjectStore, Protocol):
    """The operations that quarantine needs in addition."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, must_be_new: bool) -> None:
        """Copy the bytes with `ref.etag` and `ref.version_id`, with content type, user metadata
        and tags, but without the ACL. One plain CopyObject: at most 1 GB on OSS and 5 GB on S3,
        while the service takes at most 20 MB.

        Raises ObjectChangedError if the source has changed, or if `must_be_new` is set and `to`
        exists. OSS ignores `must_be_new` in versioned buckets, where an overwrite adds a version.
        """

    def can_delete(self, ref: ObjectRef) -> bool:
        """Whether the store can delete `ref` and no later write: by its version id, or on S3 by its
        ETag. OSS has no conditional deletion."""

    def delete(self, ref: ObjectRef) -> None:
        """Delete the version in `ref` permanently, or else the current object if it still has
        `ref.etag`. Raises ObjectChangedError if it does not. Call it only if `can_delete`."""

    def get_acl(self, ref: ObjectRef) -> str:
        """Return the object's own ACL in the store's format, which `set_acl` accepts."""

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        """Set the object's ACL; ``private`` removes all public access. Raises
        QuarantineRefusedError if the bucket has no ACLs of objects."""


class StateStore(Protocol):
    """Small append-only objects with compare-and-swap, which hold the ledger."""

    def read(self, key: str) -> bytes:
        """Return the whole object; empty if it does not exist."""

    def append(self, key: str, position: int, data: bytes) -> bool:
        """Append if `position` equals the object's length. Returns False if it does not."""

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        """Yield the keys with `prefix` that come after `after`, sorted. Requests one page at a
        time."""


@dataclass(frozen=True)
class FetchedObject:
    """The response to one GET."""

    head: ObjectHead
    data: bytes
    """All bytes, or the first FIRST_BYTES of an object that is too large."""


@dataclass(frozen=True)
class ObjectSummary:
    """An object as listed."""

    key: str
    etag: str
    """Without quotes; upper case on OSS."""
    size: int
    """Bytes."""
    last_modified: datetime
    object_type: ObjectType = ObjectType.NORMAL


@dataclass(frozen=True)
class ListingPage:
    """One page of a listing."""

    objects: tuple[ObjectSummary, ...]
    next_key: str
    """The `after` of the next page; empty on the last page."""


def iterate_pages(
    fetch_page: Callable[[str], ListingPage], after: str = ""
) -> Iterator[ListingPage]:
    """Yield every page after the key `after`. `fetch_page` returns the page after a key."""
    while True:
        page = fetch_page(after)
        yield page
        if not page.next_key:
            return
        after = page.next_key


def iterate_objects(
    fetch_page: Callable[[str], ListingPage], after: str = ""
) -> Iterator[ObjectSummary]:
    """Yield every object after the key `after`. `fetch_page` returns the page after a key."""
    for page in iterate_pages(fetch_page, after):
        yield from page.objects
