"""On-demand screening: an object, bytes, or a URL, with the outcome for the caller."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen.deepfake.request import DetectRequest, create_merchant_biz_id
from facescreen.errors import (
    IdempotencyKeyReusedError,
    NotScreenedError,
    ObjectChangedError,
    ObjectNotFoundError,
)
from facescreen.message import build_outcome_data, build_screening_data
from facescreen.model import Finding, Status, TaggingResult
from facescreen.records.ledger_ids import compute_content_id, hash_parts
from facescreen.screening import findings
from facescreen.screening.idempotency import remove_url_signature
from facescreen.screening.tagger import NOT_REQUESTED_RESULT, SUPERSEDED_RESULT
from facescreen.tags import read_tagged_etag
from facescreen.timing import Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.deepfake.response import Detection
    from facescreen.model import ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.requirements import Strictness
    from facescreen.screening.idempotency import IdempotencyKey
    from facescreen.screening.screener import Screener
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline

_NOT_TAGGED_RESULT = TaggingResult(
    "absent", "The object's tags are missing or belong to other bytes."
)


@dataclass(frozen=True)
class OnDemandScreener:
    """Screens for a caller. Results have the form of `data` in the message about an object. All
    methods raise the errors of Screener.screen."""

    screener: Screener
    store: ObjectStore
    ledger: Ledger
    detect: Callable[[DetectRequest], Detection]
    merchant_prefix: str
    strictness: Strictness
    tag_prefix: str
    tag_form: str

    def screen_object(
        self,
        ref: ObjectRef,
        deadline: Deadline,
        *,
        write_back: bool,
        idempotency_key: IdempotencyKey | None = None,
    ) -> dict[str, Any]:
        """Screen an object. Raises ObjectNotFoundError, ObjectChangedError if it is overwritten
        meanwhile, and IdempotencyKeyReusedError."""
        mode = "write back" if write_back else "report"
        self._bind_idempotency_key(
            idempotency_key, "object", mode, ref.store, ref.bucket, ref.key, ref.version_id
        )
        outcome = self.screener.screen(ref, deadline, write_back=write_back)
        if outcome.status is Status.ALREADY_SCREENED:
            return self.get_outcome(ref, deadline)
        if outcome.status is Status.GONE:
            raise ObjectNotFoundError(outcome.detail)
        if (
            outcome.finding is None
            or outcome.tagging is None
            or outcome.tagging is SUPERSEDED_RESULT
        ):
            raise ObjectChangedError("the object was overwritten or deleted while it was screened")
        return build_outcome_data(outcome)

    def get_outcome(self, ref: ObjectRef, deadline: Deadline) -> dict[str, Any]:
        """Return the known outcome of an object's current bytes. Raises ObjectNotFoundError,
        NotScreenedError."""
        timings = Timings()
        outcome = self.screener.get_outcome(ref, deadline)
        if outcome is None or outcome.finding is None:
            raise NotScreenedError("the object's current bytes have not been screened")
        tags_etag = read_tagged_etag(
            self.store.get_tags(ref), prefix=self.tag_prefix, form=self.tag_form
        )
        is_tagged = tags_etag == outcome.object.etag
        tagging = TaggingResult("written") if is_tagged else _NOT_TAGGED_RESULT
        return build_screening_data(outcome.object, outcome.finding, tagging, timings.durations_ms)

    def screen_bytes(
        self, data: bytes, deadline: Deadline, *, idempotency_key: IdempotencyKey | None = None
    ) -> dict[str, Any]:
        """Screen bytes: a small image in Base64, anything else as an uploaded file. Raises
        IdempotencyKeyReusedError."""
        digest = hashlib.sha256(data).hexdigest()
        self._bind_idempotency_key(idempotency_key, "bytes", digest)

        timings = Timings()
        assessed = findings.assess_media(
            BytesReader(data),
            self._build_merchant_biz_id(digest),
            strictness=self.strictness,
            can_convert=False,
        )
        if isinstance(assessed, Finding):
            return build_screening_data(None, assessed, NOT_REQUESTED_RESULT, timings.durations_ms)
        kind = assessed.media.kind

        def create_finding(biz_id: str, timings: Timings) -> Finding:
            request = DetectRequest.from_bytes(
                data, kind=kind, merchant_biz_id=biz_id, deadline=deadline
            )
            return findings.run_detection(biz_id, lambda: self.detect(request), timings, assessed)

        content_id = compute_content_id(digest, kind, convert=False)
        return self._screen_once(content_id, create_finding, deadline)

    def screen_url(
        self,
        url: str,
        kind: str,
        deadline: Deadline,
        *,
        idempotency_key: IdempotencyKey | None = None,
    ) -> dict[str, Any]:
        """Screen a URL, which the service downloads. It is paid for once only with an
        idempotency key, because the content behind a URL can change. Raises
        IdempotencyKeyReusedError."""

        def create_finding(biz_id: str, timings: Timings) -> Finding:
            request = DetectRequest(url=url, kind=kind, merchant_biz_id=biz_id, deadline=deadline)
            return findings.run_detection(biz_id, lambda: self.detect(request), timings)

        if idempotency_key is None:
            timings = Timings()
            finding = create_finding(create_merchant_biz_id(self.merchant_prefix), timings)
            return build_screening_data(None, finding, NOT_REQUESTED_RESULT, timings.durations_ms)
        self._bind_idempotency_key(idempotency_key, "url", kind, remove_url_signature(url))
        return self._screen_once(idempotency_key.finding_id, create_finding, deadline)

    def _screen_once(
        self, entry_id: str, create_finding: Callable[[str, Timings], Finding], deadline: Deadline
    ) -> dict[str, Any]:
        timings = Timings()
        biz_id = self._build_merchant_biz_id(entry_id)
        finding = self.ledger.get_or_create_finding(
            entry_id, lambda: create_finding(biz_id, timings), deadline
        )
        return build_screening_data(None, finding, NOT_REQUESTED_RESULT, timings.durations_ms)

    def _build_merchant_biz_id(self, entry_id: str) -> str:
        return (self.merchant_prefix + entry_id)[:32]

    def _bind_idempotency_key(self, key: IdempotencyKey | None, *content: str) -> None:
        """Bind the key to what it is sent with first. Raises IdempotencyKeyReusedError if that was
        something else."""
        if key is None:
            return
        content_id = hash_parts(*content)
        if self.ledger.put_once(key.binding_key, content_id) != content_id:
            raise IdempotencyKeyReusedError(
                "this idempotency key was already used for other content"
            )


@dataclass(frozen=True)
class BytesReader:
    """Bytes in memory, as media.probe reads them."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]
