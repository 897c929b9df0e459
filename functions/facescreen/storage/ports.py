"""What facescreen asks of object stores: the ports, and how they list objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facescreen.model import ObjectHead, ObjectRef

MOST_LISTED = 1000
"""Objects in one page, on OSS and on S3."""


class ObjectStore(Protocol):
    """The bucket that is watched. A `version_id` in the reference pins every operation to it.

    All raise ObjectNotFoundError, AccessDeniedError, ServiceUnavailableError.
    """

    name: str
    """``oss`` or ``s3``."""
    listing_action: str
    """What must be allowed for `page`: ``oss:ListObjects``, ``s3:ListBucket``."""
    converts: bool
    """Whether it can make a conforming JPEG on the way. If not, `convert` is never asked of it."""
    public_origins: tuple[str, ...]
    """Where presigned URLs lie, for a page's Content-Security-Policy."""

    def head(self, ref: ObjectRef) -> ObjectHead:
        """What stands there now."""

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        """A range of the bytes that `ref.etag` names. Raises ObjectChangedError when others stand,
        and ContentError where the store gives the bytes to nobody like us: S3's customer keys
        (SSE-C) and archives."""

    def download(self, ref: ObjectRef, *, convert: bool) -> bytes:
        """All of the bytes that `ref.etag` names. Raises ObjectChangedError when others stand."""

    def tags(self, ref: ObjectRef) -> dict[str, str]:
        """The whole tag set."""

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        """Puts the whole tag set. Raises TagsRefusedError."""

    def presign(self, ref: ObjectRef, seconds: int, *, convert: bool) -> str:
        """A presigned GET URL on the public endpoint, good for `seconds`."""

    def thumbnail(self, ref: ObjectRef, seconds: int) -> str:
        """The same for a small picture of an image."""

    def page(self, bucket: str, prefix: str, after: str) -> Page:
        """The first objects under `prefix` whose keys come after `after`, by key."""


class QuarantineStore(ObjectStore, Protocol):
    """What quarantine asks of the buckets besides."""

    def copy(self, ref: ObjectRef, to: ObjectRef, *, only_new: bool) -> None:
        """Copies the bytes that `ref.etag` and `ref.version_id` name, with content type, user
        metadata and tags; no access list goes along. One plain CopyObject: at most 1 GB on OSS,
        5 GB on S3, and the service takes no more than 20 MB of anything.

        Raises ObjectChangedError when other bytes stand there, or with `only_new` any at `to`. OSS
        does not keep to `only_new` where the bucket keeps versions, which an overwrite adds to.
        """

    def delete(self, ref: ObjectRef) -> None:
        """Deletes for good the version that is named, or what stands there: S3 only if that has
        `ref.etag` (it raises ObjectChangedError); OSS knows no such condition."""

    def acl(self, ref: ObjectRef) -> str:
        """The object's own access list, in the store's words, as `set_acl` takes it."""

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        """Sets it; ``private`` opens the object to nobody. Raises QuarantineRefusedError where
        objects have none of their own."""


class StateStore(Protocol):
    """Small append-only objects with compare-and-swap: what the ledger stands on."""

    def read(self, key: str) -> bytes:
        """The whole object; empty when there is none."""

    def append(self, key: str, position: int, data: bytes) -> bool:
        """Appends at `position`, only if that is the object's length; False when it is not."""

    def names(self, prefix: str, after: str) -> Iterator[str]:
        """The objects under `prefix` whose names come after `after`, by name, listed as needed."""


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it."""

    key: str
    etag: str
    """Without quotes; upper case on OSS."""
    size: int
    """Bytes."""
    last_modified: datetime


@dataclass(frozen=True)
class Page:
    """One answer of the store, without OSS's symlinks, which have no bytes of their own."""

    objects: tuple[Listed, ...]
    ends_at: str
    """The key that the next page follows; empty for the last one."""


def pages(ask: Callable[[str], Page], after: str = "") -> Iterator[Page]:
    """All of them from the key `after` on. `ask` gives the page that follows a key."""
    while True:
        page = ask(after)
        yield page
        if not page.ends_at:
            return
        after = page.ends_at


def objects(ask: Callable[[str], Page], after: str = "") -> Iterator[Listed]:
    """The objects on them."""
    for page in pages(ask, after):
        yield from page.objects
