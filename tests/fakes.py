"""Fakes behind the ports. tests/contract runs the same tests on them and on the real adapters."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from PIL import Image, ImageOps

from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import Detection
from facescreen.errors import FacescreenError, ObjectChanged, ObjectGone, TagsRefused
from facescreen.model import ObjectHead, ObjectRef, Verdict
from facescreen.storage.ports import MOST_LISTED, Listed, Page
from facescreen.timing import Deadline


@dataclass
class _Stored:
    data: bytes
    head: ObjectHead
    tags: dict[str, str]
    at: datetime
    acl: str = "default"


class MemoryStore:
    """QuarantineStore in memory, unversioned; `before` runs ahead of each operation and may change
    the store."""

    name = "oss"
    public_origins: tuple[str, ...] = ("https://*.example",)

    def __init__(self, *, converts: bool = True) -> None:
        self.converts = converts
        self.before: Callable[[str], None] = lambda operation: None
        self.now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
        self._objects: dict[tuple[str, str], _Stored] = {}
        self._writes = 0

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes,
        tags: dict[str, str] | None = None,
        *,
        in_parts: bool = False,
    ) -> str:
        """A write of its own, as an uploader makes it; gives its ETag."""
        self._writes += 1
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
        etag += "-2" if in_parts else ""
        head = ObjectHead(etag, len(data), f"write {self._writes}", "", f"crc-{hash(data)}")
        self._objects[bucket, key] = _Stored(data, head, dict(tags or {}), self.now())
        return etag

    def drop(self, bucket: str, key: str) -> None:
        """A deletion, as anybody else makes it."""
        self._objects.pop((bucket, key), None)

    def holds(self, bucket: str, key: str) -> bool:
        """Whether an object stands there."""
        return (bucket, key) in self._objects

    def acl_of(self, ref: ObjectRef) -> str:
        """The access list, as an onlooker sees it: `before` is not told."""
        return self._objects[ref.bucket, ref.key].acl

    def keys_in(self, bucket: str) -> list[str]:
        """The keys of all objects in a bucket."""
        return sorted(key for held, key in self._objects if held == bucket)

    def head(self, ref: ObjectRef) -> ObjectHead:
        return self._get("head", ref).head

    def read(self, ref: ObjectRef, start: int, length: int) -> bytes:
        stored = self._get("read", ref)
        if ref.etag and ref.etag != stored.head.etag:
            raise ObjectChanged("other bytes")
        return stored.data[start : start + length]

    def download(self, ref: ObjectRef, *, convert: bool) -> bytes:
        data = self.read(ref, 0, self._get("download", ref).head.size)
        return _converted(data) if convert else data

    def tags(self, ref: ObjectRef) -> dict[str, str]:
        return dict(self._get("tags", ref).tags)

    def replace_tags(self, ref: ObjectRef, tags: dict[str, str]) -> None:
        stored = self._get("replace_tags", ref)
        if len(tags) > 10:
            raise TagsRefused("more than 10 tags")
        stored.tags = dict(tags)

    def presign(self, ref: ObjectRef, seconds: int, *, convert: bool) -> str:
        self.before("presign")
        process = "&x-oss-process=convert" if convert else ""
        return f"https://{ref.bucket}.example/{ref.key}?x-oss-signature=s3cr3t{process}"

    def thumbnail(self, ref: ObjectRef, seconds: int) -> str:
        return self.presign(ref, seconds, convert=True)

    def page(self, bucket: str, prefix: str, after: str) -> Page:
        self.before("page")
        keys = [key for key in self.keys_in(bucket) if key.startswith(prefix) and key > after]
        return Page(
            tuple(self._listed(bucket, key) for key in keys[:MOST_LISTED]),
            keys[MOST_LISTED - 1] if len(keys) > MOST_LISTED else "",
        )

    def copy(self, ref: ObjectRef, to: ObjectRef, *, only_new: bool) -> None:
        stored = self._get("copy", ref)
        if ref.etag != stored.head.etag or (only_new and self.holds(to.bucket, to.key)):
            raise ObjectChanged("other bytes")
        self.put(to.bucket, to.key, stored.data, stored.tags)

    def delete(self, ref: ObjectRef) -> None:
        self.before("delete")
        self.drop(ref.bucket, ref.key)

    def acl(self, ref: ObjectRef) -> str:
        return self._get("acl", ref).acl

    def set_acl(self, ref: ObjectRef, acl: str) -> None:
        self._get("set_acl", ref).acl = acl

    def _listed(self, bucket: str, key: str) -> Listed:
        stored = self._objects[bucket, key]
        return Listed(key, stored.head.etag, stored.head.size, stored.at)

    def _get(self, operation: str, ref: ObjectRef) -> _Stored:
        self.before(operation)
        try:
            return self._objects[ref.bucket, ref.key]
        except KeyError:
            raise ObjectGone("the object is not there any more") from None


def _converted(data: bytes) -> bytes:
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    short = min(upright.size)
    resized = upright.resize((upright.width * 720 // short, upright.height * 720 // short))
    held = io.BytesIO()
    resized.convert("RGB").save(held, "JPEG", quality=80)
    return held.getvalue()


class MemoryState:
    """StateStore in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def read(self, key: str) -> bytes:
        return self._objects.get(key, b"")

    def names(self, prefix: str, after: str) -> Iterator[str]:
        for name in sorted(self._objects):
            if name.startswith(prefix) and name > after:
                yield name

    def append(self, key: str, position: int, data: bytes) -> bool:
        held = self._objects.get(key, b"")
        if len(held) != position:
            return False
        self._objects[key] = held + data
        return True


@dataclass
class KeptMessages:
    """Publisher that keeps what it is given."""

    sent: list[Mapping[str, Any]] = field(default_factory=list)

    def publish(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)


@dataclass
class KeptLetters:
    """DeadLetters that keeps what it is given."""

    letters: list[tuple[str, str, str]] = field(default_factory=list)
    """Event, error and detail."""

    def put(self, event: str, why: FacescreenError) -> None:
        self.letters.append((event, why.name, str(why)))


LOW_RISK = Detection(Verdict.LOW_RISK, (), {}, "REQ-1", "TX-1")
HIGH_RISK = Detection(
    Verdict.HIGH_RISK, ("SuspectDeepForgery",), {"SuspectDeepForgery": 0.96}, "REQ-2", "TX-2"
)


@dataclass
class PlannedDetector:
    """Detector that answers, or raises, what comes next in its plan; then low risk."""

    plan: list[Detection | Exception] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    biz_ids: list[str] = field(default_factory=list)
    deadlines: list[Deadline | None] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def detect(self, request: DetectRequest) -> Detection:
        self.urls.append(request.url() if callable(request.url) else request.url)
        self.biz_ids.append(request.merchant_biz_id)
        self.deadlines.append(request.deadline)
        self.during()
        answer = self.plan.pop(0) if self.plan else LOW_RISK
        if isinstance(answer, Exception):
            raise answer
        return answer
