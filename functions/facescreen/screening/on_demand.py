"""Screens what somebody asks about: an object, some bytes, a URL."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from facescreen.deepfake.request import DetectRequest, create_merchant_biz_id
from facescreen.errors import KeyReused, NotScreened, ObjectChanged, ObjectGone
from facescreen.message import message_data, outcome_data
from facescreen.model import Status, Tagging
from facescreen.records.ledger import entry_id
from facescreen.screening import findings
from facescreen.screening.tagger import NOT_ASKED, SUPERSEDED
from facescreen.tags import tagged_etag
from facescreen.timing import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.deepfake.response import Detection
    from facescreen.media.media import Media
    from facescreen.model import Finding, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.requirements import Assessment, Strictness
    from facescreen.screening.screener import Screener
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline

_ABSENT = Tagging("absent", "The object's tags do not speak of these bytes.")


@dataclass(frozen=True)
class AdHoc:
    """Every answer is what the message about an object would hold in `data`. All raise what
    Screener.screen raises."""

    screener: Screener
    store: ObjectStore
    ledger: Ledger
    detect: Callable[[DetectRequest], Detection]
    merchant_prefix: str
    strictness: Strictness
    tag_prefix: str
    tag_form: str

    def of_object(self, ref: ObjectRef, deadline: Deadline, *, write_back: bool) -> dict[str, Any]:
        """Raises ObjectGone, and ObjectChanged for one that was overwritten meanwhile."""
        outcome = self.screener.screen(ref, deadline, write_back=write_back)
        if outcome.status is Status.ALREADY_SCREENED:
            return self.standing(ref)
        if outcome.status is Status.GONE:
            raise ObjectGone(outcome.detail)
        if outcome.finding is None or outcome.tagging is None or outcome.tagging is SUPERSEDED:
            raise ObjectChanged("the object was overwritten or deleted while it was screened")
        return outcome_data(outcome)

    def standing(self, ref: ObjectRef) -> dict[str, Any]:
        """The outcome that stands on an object. Raises ObjectGone, NotScreened."""
        watch = Stopwatch()
        head = self.store.head(ref)
        finding = self.ledger.finding(entry_id(ref, head), head.write)
        if finding is None:
            raise NotScreened("nothing is known of the bytes that stand there now")
        tagged = tagged_etag(self.store.tags(ref), prefix=self.tag_prefix, form=self.tag_form)
        tagging = Tagging("written") if tagged == head.etag else _ABSENT
        pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
        return message_data(pinned, finding, tagging, watch.timing)

    def of_bytes(self, data: bytes, deadline: Deadline, *, key: str = "") -> dict[str, Any]:
        """An image goes inline where the service takes it so, else as a file. `key` is the
        caller's idempotency key. Raises KeyReused."""
        digest = hashlib.sha256(data).hexdigest()
        self._bind(key, digest)

        def find(biz_id: str, watch: Stopwatch) -> Finding:
            def detect(media: Media, _: Assessment) -> Detection:
                request = DetectRequest.from_bytes(
                    data, kind=media.kind, merchant_biz_id=biz_id, deadline=deadline
                )
                return self.detect(request)

            return findings.find(
                _Held(data),
                biz_id,
                detect,
                watch,
                strictness=self.strictness,
                can_convert=False,
            )

        return self._once(_entry("bytes", digest), find, deadline)

    def of_url(self, url: str, kind: str, deadline: Deadline, *, key: str = "") -> dict[str, Any]:
        """The service downloads it. Only with an idempotency key is it paid for once: what stands
        behind a URL can change."""

        def find(biz_id: str, watch: Stopwatch) -> Finding:
            request = DetectRequest(url=url, kind=kind, merchant_biz_id=biz_id, deadline=deadline)
            return findings.judge(biz_id, lambda: self.detect(request), watch)

        if not key:
            watch = Stopwatch()
            finding = find(create_merchant_biz_id(self.merchant_prefix), watch)
            return message_data(None, finding, NOT_ASKED, watch.timing)
        # A presigned URL of the same object is signed anew each time.
        self._bind(key, _entry("url", kind, url.partition("?")[0]))
        return self._once(_entry("key", key), find, deadline)

    def _once(
        self, entry: str, find: Callable[[str, Stopwatch], Finding], deadline: Deadline
    ) -> dict[str, Any]:
        watch = Stopwatch()
        biz_id = (self.merchant_prefix + entry)[:32]
        finding = self.ledger.once(entry, lambda: find(biz_id, watch), deadline)
        return message_data(None, finding, NOT_ASKED, watch.timing)

    def _bind(self, key: str, content: str) -> None:
        if key and self.ledger.bind(_entry("binding", key), content) != content:
            raise KeyReused("this idempotency key was used for other content")


@dataclass(frozen=True)
class _Held:
    """Bytes at hand, as media.probe reads them."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


def _entry(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
