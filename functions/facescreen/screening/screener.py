"""The screener: claims an object, screens it, records the finding, tags the object, and
publishes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facescreen.errors import ObjectChangedError, ObjectNotFoundError
from facescreen.message import build_message
from facescreen.model import Outcome, Status
from facescreen.records.ledger import compute_entry_id
from facescreen.screening.findings import build_failed_finding, screen_media
from facescreen.screening.tagger import NOT_REQUESTED_RESULT, SUPERSEDED_RESULT
from facescreen.timing import Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.bus.ports import Publisher
    from facescreen.deepfake.request import DetectRequest
    from facescreen.deepfake.response import Detection
    from facescreen.errors import FacescreenError
    from facescreen.media.media import Media
    from facescreen.model import Finding, ObjectHead, ObjectRef
    from facescreen.records.history import History
    from facescreen.records.ledger import Ledger
    from facescreen.requirements import Assessment, Strictness
    from facescreen.screening.quarantine import Quarantine
    from facescreen.screening.tagger import Tagger
    from facescreen.screening.transfer import Transfer
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline


@dataclass(frozen=True)
class ScreenerOptions:
    """The settings that the screener uses."""

    source: str
    """The CloudEvents `source` of messages: the function."""
    merchant_prefix: str
    strictness: Strictness
    convert: bool


class Screener:
    """Screens one object at a time."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        ledger: Ledger,
        transfer: Transfer,
        detect: Callable[[DetectRequest], Detection],
        tagger: Tagger,
        publisher: Publisher,
        history: History,
        options: ScreenerOptions,
        quarantine: Quarantine | None = None,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._transfer = transfer
        self._detect = detect
        self._tagger = tagger
        self._publisher = publisher
        self._history = history
        self._options = options
        self._quarantine = quarantine

    def screen(self, ref: ObjectRef, deadline: Deadline, *, write_back: bool = True) -> Outcome:
        """Screen one object and return its outcome.

        Raises errors.TransientError and errors.OperatorError; the same event may then be delivered
        again. Without `write_back` nothing is tagged or published. The finding is recorded either
        way, so that it is paid for once.
        """
        timings = Timings(ref.event_time)
        try:
            with timings.measure("look"):
                head = self._store.head(ref)
            if ref.etag and ref.etag != head.etag:
                self._tagger.remove_stale_tags(ref, ref.etag, head)
                return Outcome(ref, Status.SUPERSEDED, timing=timings.durations_ms)
            pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
            return self._claim_and_screen(pinned, head, deadline, timings, write_back=write_back)
        except ObjectNotFoundError as error:
            return Outcome(ref, Status.GONE, timing=timings.durations_ms, detail=str(error))
        except ObjectChangedError:
            return Outcome(ref, Status.SUPERSEDED, timing=timings.durations_ms)

    def mark_failed(self, ref: ObjectRef, failure: FacescreenError) -> Outcome:
        """Write `failed` on an object whose event is not delivered again, or the finding that is
        already recorded. Raises errors.FacescreenError."""
        timings = Timings(ref.event_time)
        try:
            head = self._store.head(ref)
            if ref.etag and ref.etag != head.etag:
                return Outcome(ref, Status.SUPERSEDED, timing=timings.durations_ms)
            pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
            recorded = self._ledger.get_finding(compute_entry_id(pinned, head), head.revision)
            finding = recorded or build_failed_finding(
                self._build_merchant_biz_id(pinned, head), failure
            )
            return self._write_back(pinned, head, finding, timings, quarantine=None)
        except ObjectNotFoundError as error:
            return Outcome(ref, Status.GONE, timing=timings.durations_ms, detail=str(error))

    def _claim_and_screen(
        self,
        ref: ObjectRef,
        head: ObjectHead,
        deadline: Deadline,
        timings: Timings,
        *,
        write_back: bool,
    ) -> Outcome:
        with timings.measure("claim"):
            claim = self._ledger.claim(compute_entry_id(ref, head), head.revision, deadline)
        if claim is None:
            if write_back:
                with timings.measure("tag"):
                    self._restore_tags(ref, head)
            return Outcome(ref, Status.ALREADY_SCREENED, timing=timings.durations_ms)
        with claim:
            finding = claim.get_finding(head.revision)
            if finding is None:
                finding = self._screen_media(ref, head, deadline, timings)
                with timings.measure("record"):
                    claim.record_finding(finding, head.revision)
            if not write_back:
                return self._recheck_object(ref, head, finding, timings)
            outcome = self._write_back(ref, head, finding, timings, quarantine=self._quarantine)
            if outcome.status is Status.SCREENED:
                claim.mark_done(head.revision)
            return outcome

    def _restore_tags(self, ref: ObjectRef, head: ObjectHead) -> None:
        """Tag an object again that is already screened and has lost its tags."""
        if self._tagger.has_current_tags(ref, head):
            return
        finding = self._ledger.get_finding(compute_entry_id(ref, head), head.revision)
        if finding is not None:
            self._tagger.write_tags(ref, head, finding)

    def _write_back(
        self,
        ref: ObjectRef,
        head: ObjectHead,
        finding: Finding,
        timings: Timings,
        *,
        quarantine: Quarantine | None,
    ) -> Outcome:
        """Tag, quarantine, publish, add to the history, and delete a moved original.

        Tags come before the message, so that its reader finds them. The original is deleted
        afterwards, because a deleted object could no longer be published."""
        with timings.measure("tag"):
            tagging = self._tagger.write_tags(ref, head, finding)
        if tagging is SUPERSEDED_RESULT:
            return Outcome(ref, Status.SUPERSEDED, finding, tagging, timings.durations_ms)
        outcome = Outcome(ref, Status.SCREENED, finding, tagging, timings.durations_ms)
        if quarantine:
            with timings.measure("quarantine"):
                quarantine_result = quarantine.apply(ref, head, finding)
            outcome = replace(outcome, quarantine=quarantine_result, timing=timings.durations_ms)
        with timings.measure("announce"):
            self._publisher.publish(build_message(outcome, source=self._options.source))
        with timings.measure("list"):
            self._history.add(outcome)
        if quarantine and outcome.quarantine:
            quarantine.delete_original(ref, head, outcome.quarantine)
        return outcome

    def _recheck_object(
        self, ref: ObjectRef, head: ObjectHead, finding: Finding, timings: Timings
    ) -> Outcome:
        """Return the outcome for a caller, unless the object has changed since."""
        with timings.measure("tag"):
            is_unchanged = self._store.head(ref) == head
        if not is_unchanged:
            return Outcome(ref, Status.SUPERSEDED, finding, SUPERSEDED_RESULT, timings.durations_ms)
        return Outcome(ref, Status.SCREENED, finding, NOT_REQUESTED_RESULT, timings.durations_ms)

    def _screen_media(
        self, ref: ObjectRef, head: ObjectHead, deadline: Deadline, timings: Timings
    ) -> Finding:
        biz_id = self._build_merchant_biz_id(ref, head)

        def detect(media: Media, assessment: Assessment) -> Detection:
            request = self._transfer.build_request(ref, media.kind, convert=assessment.convert)
            return self._detect(replace(request, merchant_biz_id=biz_id, deadline=deadline))

        return screen_media(
            _ObjectReader(self._store, ref, head.size),
            biz_id,
            detect,
            timings,
            strictness=self._options.strictness,
            can_convert=self._options.convert and self._store.can_convert,
        )

    def _build_merchant_biz_id(self, ref: ObjectRef, head: ObjectHead) -> str:
        """Build the id, which is the same for the same bytes."""
        return (self._options.merchant_prefix + compute_entry_id(ref, head))[:32]


@dataclass(frozen=True)
class _ObjectReader:
    """An object's bytes, as media.probe reads them."""

    store: ObjectStore
    ref: ObjectRef
    size: int

    def read(self, start: int, length: int) -> bytes:
        return self.store.read(self.ref, start, length)
