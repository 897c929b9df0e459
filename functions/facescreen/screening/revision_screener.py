"""The revision screener: finds out what is to be said about one revision of an object, with at most
one paid call for its bytes, and has it written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facescreen.errors import ContentError
from facescreen.model import Finding, ObjectType, Outcome, Status
from facescreen.records.ledger_entry import KnownFinding, ScreeningRecord
from facescreen.records.ledger_ids import compute_content_id, compute_object_id, compute_uncalled_id
from facescreen.screening.findings import (
    ScreenableMedia,
    assess_media,
    build_failed_finding,
    build_object_finding,
    build_rejected_finding,
    run_detection,
)
from facescreen.screening.pinning import Pin
from facescreen.screening.tagger import NOT_REQUESTED_RESULT
from facescreen.timing import run_side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.deepfake.request import DetectRequest
    from facescreen.deepfake.response import Detection
    from facescreen.errors import FacescreenError
    from facescreen.records.claims import ContentClaim
    from facescreen.records.ledger import Ledger
    from facescreen.requirements import Strictness
    from facescreen.screening.attempt import Attempt
    from facescreen.screening.pinning import PinnedObject
    from facescreen.screening.tagger import TaggedObject, Tagger
    from facescreen.screening.transfer import OutgoingContent, Transfer
    from facescreen.screening.verdict_writer import VerdictWriter
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline, SideBySide

_MAX_UNPROVEN_FINDINGS = 2
"""Paid calls about the same bytes while the revision of their object keeps changing."""
_CODES_BY_OBJECT_TYPE = {
    ObjectType.APPENDABLE: "AppendableObject",
    ObjectType.SYMLINK: "SymbolicLink",
}


@dataclass(frozen=True)
class ScreenerOptions:
    """The settings that decide how bytes are screened."""

    merchant_prefix: str
    strictness: Strictness
    convert: bool


class RevisionScreener:
    """Screens one revision of an object at a time."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        ledger: Ledger,
        tagger: Tagger,
        transfer: Transfer,
        transfer_bytes: Transfer,
        detect: Callable[[DetectRequest], Detection],
        verdict_writer: VerdictWriter,
        options: ScreenerOptions,
        side_by_side: SideBySide = run_side_by_side,
    ) -> None:
        """`transfer_bytes` sends the bytes themselves: a URL might show the service others."""
        self._store = store
        self._ledger = ledger
        self._tagger = tagger
        self._transfer = transfer
        self._transfer_bytes = transfer_bytes
        self._detect = detect
        self._verdict_writer = verdict_writer
        self._options = options
        self._side_by_side = side_by_side

    def screen(self, pinned: PinnedObject, attempt: Attempt) -> Outcome:
        """Screen the bytes that were read, or use what is known about them. In an attempt that has
        failed already, nothing known about them means the verdict `failed`."""
        with attempt.timings.measure("probe"):
            assessed = self._assess(pinned)
        if isinstance(assessed, Finding):
            return self._finish(pinned, _build_uncalled_record(pinned, assessed), attempt)
        content_id = _compute_content_id(pinned, assessed)
        with attempt.timings.measure("claim"):
            claim = self._claim_content(pinned, content_id, attempt)
        if isinstance(claim, KnownFinding):
            record = ScreeningRecord(content_id, pinned.sha256, claim.finding)
            return self._finish(pinned, record, attempt, is_proven=claim.is_proven)
        with claim:
            if attempt.failure is not None:
                return self._write_failure(pinned, content_id, attempt.failure, attempt)
            judged = self._call(pinned, assessed, claim, attempt)
            if isinstance(judged, _JudgedObject):
                return self._finish_claim(judged, content_id, claim, attempt)
        if judged is None:
            return Outcome(pinned.ref, Status.SUPERSEDED)
        return self._finish(pinned, _build_uncalled_record(pinned, judged), attempt)

    def get_finding(self, pinned: PinnedObject, deadline: Deadline) -> Finding | None:
        """Return the service's finding about the bytes that were read; None if it was never
        asked, or if it is not certain which bytes it saw."""
        assessed = self._assess(pinned)
        if isinstance(assessed, Finding):
            return None
        content_id = _compute_content_id(pinned, assessed)
        known = self._ledger.get_finding(content_id, _compute_object_id(pinned))
        if known is None or known.is_proven:
            return known.finding if known else None
        seen = self._tagger.look(pinned, deadline)
        is_same = seen is not None and _has_same_revision(seen.pinned, pinned)
        return known.finding if is_same else None

    def _claim_content(
        self, pinned: PinnedObject, content_id: str, attempt: Attempt
    ) -> ContentClaim | KnownFinding:
        object_id = _compute_object_id(pinned)
        return self._ledger.claim_content(content_id, object_id, attempt.deadline)

    def _assess(self, pinned: PinnedObject) -> ScreenableMedia | Finding:
        """Decide whether the bytes can be sent to the service."""
        biz_id = self._build_merchant_biz_id(pinned.sha256 or _compute_object_id(pinned))
        if code := _CODES_BY_OBJECT_TYPE.get(pinned.head.object_type):
            return build_object_finding(biz_id, code)
        if pinned.content_error is not None:
            error = pinned.content_error
            return build_object_finding(biz_id, error.code, error.request_id)
        assessed = assess_media(
            _PinnedReader(self._store, pinned),
            biz_id,
            strictness=self._options.strictness,
            can_convert=self._options.convert and self._store.can_convert,
        )
        if isinstance(assessed, Finding):
            return assessed
        if pinned.pin is Pin.BYTES and assessed.convert:
            return build_object_finding(biz_id, "RevisionNotPinned")
        return assessed

    def _call(
        self,
        pinned: PinnedObject,
        screenable: ScreenableMedia,
        claim: ContentClaim,
        attempt: Attempt,
    ) -> _JudgedObject | Finding | None:
        """Call the service until it is certain which bytes it judged. Returns None if other bytes
        were written meanwhile, and a finding without a call if the revision keeps changing, or if
        the store can't convert the picture."""
        biz_id = self._build_merchant_biz_id(_compute_content_id(pinned, screenable))
        while True:
            try:
                outgoing = self._prepare(pinned, screenable, claim)
            except ContentError as error:
                return build_rejected_finding(biz_id, error, screenable)
            if outgoing is None:
                return build_object_finding(biz_id, "RevisionNotPinned")
            finding = self._detect_content(outgoing, biz_id, screenable, attempt)
            is_proof = outgoing.is_proof
            with attempt.timings.measure("record"):
                seen = self._record_and_look(pinned, finding, claim, attempt, is_proof=is_proof)
            if seen is None:
                return None
            if is_proof or _has_same_revision(seen.pinned, pinned):
                claim.mark_proven()
                return _JudgedObject(finding, seen)
            pinned = seen.pinned
            claim.change_object(_compute_object_id(pinned), attempt.deadline)

    def _detect_content(
        self,
        outgoing: OutgoingContent,
        biz_id: str,
        screenable: ScreenableMedia,
        attempt: Attempt,
    ) -> Finding:
        request = replace(outgoing.request, merchant_biz_id=biz_id, deadline=attempt.deadline)
        return run_detection(biz_id, lambda: self._detect(request), attempt.timings, screenable)

    def _record_and_look(
        self,
        pinned: PinnedObject,
        finding: Finding,
        claim: ContentClaim,
        attempt: Attempt,
        *,
        is_proof: bool,
    ) -> TaggedObject | None:
        """Record a finding that was paid for, and look at the object meanwhile. Returns None if it
        has other bytes."""
        _, seen = self._side_by_side(
            lambda: claim.record_finding(finding, is_proven=is_proof),
            lambda: self._tagger.look(pinned, attempt.deadline),
        )
        return seen

    def _prepare(
        self, pinned: PinnedObject, screenable: ScreenableMedia, claim: ContentClaim
    ) -> OutgoingContent | None:
        """Build the request: the bytes themselves if a URL did not prove what the service saw.
        Returns None if they can't be sent, and a URL was tried often enough."""
        kind, convert = screenable.media.kind, screenable.convert
        # The URL of a version proves it, whatever earlier calls about these bytes did not prove.
        unproven_findings = 0 if pinned.pin is Pin.VERSION else claim.unproven_findings
        must_send_bytes = pinned.pin is Pin.BYTES or unproven_findings > 0
        if must_send_bytes and not convert:
            return self._transfer_bytes.prepare(pinned, kind, convert=False)
        if unproven_findings >= _MAX_UNPROVEN_FINDINGS:
            return None
        return self._transfer.prepare(pinned, kind, convert=convert)

    def _write_failure(
        self, pinned: PinnedObject, content_id: str, failure: FacescreenError, attempt: Attempt
    ) -> Outcome:
        seen = self._tagger.look(pinned, attempt.deadline)
        if seen is None:
            return Outcome(pinned.ref, Status.SUPERSEDED)
        finding = build_failed_finding(self._build_merchant_biz_id(content_id), failure)
        return self._verdict_writer.write_failed(seen, finding, attempt)

    def _finish_claim(
        self, judged: _JudgedObject, content_id: str, claim: ContentClaim, attempt: Attempt
    ) -> Outcome:
        """Write the finding that was just paid for."""
        pinned = judged.seen.pinned
        if not attempt.write_back:
            return _build_unwritten_outcome(pinned, judged.finding)
        record = ScreeningRecord(content_id, pinned.sha256, judged.finding)
        return self._verdict_writer.write(judged.seen, record, claim, attempt)

    def _finish(
        self,
        pinned: PinnedObject,
        record: ScreeningRecord,
        attempt: Attempt,
        *,
        is_proven: bool = True,
    ) -> Outcome:
        """Write a finding that needs no call, unless that is done already. One that is not proven
        is used only if the object still has the revision that was read: if it has another one, the
        service may have seen other bytes in between, although the bytes are the same now."""
        object_id = _compute_object_id(pinned)
        if not attempt.write_back:
            return self._return_known(pinned, record, attempt, is_proven=is_proven)
        with attempt.timings.measure("claim"):
            claim = self._ledger.claim_object(object_id, record, attempt.deadline)
        if isinstance(claim, ScreeningRecord):
            return self._verdict_writer.restore_tags(pinned, claim.finding, attempt)
        with claim:
            seen = self._tagger.look(pinned, attempt.deadline)
            if seen is None:
                return Outcome(pinned.ref, Status.SUPERSEDED)
            if is_proven or _has_same_revision(seen.pinned, pinned):
                return self._verdict_writer.write(seen, claim.record, claim, attempt)
        return self.screen(seen.pinned, attempt)

    def _return_known(
        self,
        pinned: PinnedObject,
        record: ScreeningRecord,
        attempt: Attempt,
        *,
        is_proven: bool,
    ) -> Outcome:
        """Return a finding that needs no call, without writing it. Checks what `_finish` checks."""
        done = self._ledger.get_record(_compute_object_id(pinned))
        if done is not None and done.content_id == record.content_id:
            return Outcome(pinned.ref, Status.ALREADY_SCREENED, done.finding)
        if not is_proven:
            seen = self._tagger.look(pinned, attempt.deadline)
            if seen is None:
                return Outcome(pinned.ref, Status.SUPERSEDED)
            if not _has_same_revision(seen.pinned, pinned):
                return self.screen(seen.pinned, attempt)
        return _build_unwritten_outcome(pinned, record.finding)

    def _build_merchant_biz_id(self, content_id: str) -> str:
        """Build the id, which is the same for the same bytes."""
        return (self._options.merchant_prefix + content_id)[:32]


@dataclass(frozen=True)
class _JudgedObject:
    """The service's finding about an object, and the object as it was seen after the call."""

    finding: Finding
    seen: TaggedObject


@dataclass(frozen=True)
class _PinnedReader:
    """An object's bytes, as media.probe reads them: from memory, or from the store if it is too
    large to be read whole."""

    store: ObjectStore
    pinned: PinnedObject

    @property
    def size(self) -> int:
        return self.pinned.head.size

    def read(self, start: int, length: int) -> bytes:
        if start + length <= len(self.pinned.data) or self.pinned.is_complete:
            return self.pinned.data[start : start + length]
        return self.store.read(self.pinned.ref, start, length)


def _has_same_revision(first: PinnedObject, second: PinnedObject) -> bool:
    """Whether nothing was written between two looks. An object that got the version ``null``
    meanwhile, because its bucket became versioned, may have been hidden by another version."""
    before, after = first.head, second.head
    return (before.revision, before.address) == (after.revision, after.address)


def _compute_object_id(pinned: PinnedObject) -> str:
    return compute_object_id(pinned.ref, pinned.head.revision)


def _compute_content_id(pinned: PinnedObject, screenable: ScreenableMedia) -> str:
    return compute_content_id(pinned.sha256, screenable.media.kind, convert=screenable.convert)


def _build_uncalled_record(pinned: PinnedObject, finding: Finding) -> ScreeningRecord:
    content_id = compute_uncalled_id(pinned.sha256, finding.reasons)
    return ScreeningRecord(content_id, pinned.sha256, finding)


def _build_unwritten_outcome(pinned: PinnedObject, finding: Finding) -> Outcome:
    return Outcome(
        pinned.ref,
        Status.SCREENED,
        finding,
        NOT_REQUESTED_RESULT,
        revision=pinned.head.revision,
    )
