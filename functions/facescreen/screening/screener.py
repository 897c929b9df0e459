"""The one use case: an object is looked at, claimed, probed, screened, tagged and announced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facescreen.errors import ObjectChangedError, ObjectNotFoundError
from facescreen.message import message
from facescreen.model import Outcome, Status
from facescreen.records.ledger import compute_entry_id
from facescreen.screening.findings import build_failed_finding, screen_media
from facescreen.screening.tagger import NOT_REQUESTED, SUPERSEDED
from facescreen.timing import Stopwatch

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
class ScreeningPolicy:
    """What of the settings the screening itself goes by."""

    source: str
    """CloudEvents `source`: the function."""
    merchant_prefix: str
    strictness: Strictness
    convert: bool


class Screener:
    """Screens one object at a time; the ports it is given do the rest."""

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
        policy: ScreeningPolicy,
        quarantine: Quarantine | None = None,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._transfer = transfer
        self._detect = detect
        self._tagger = tagger
        self._publisher = publisher
        self._history = history
        self._policy = policy
        self._quarantine = quarantine

    def screen(self, ref: ObjectRef, deadline: Deadline, *, write_back: bool = True) -> Outcome:
        """Brings one object to its end. Raises errors.TransientError and errors.OperatorError,
        after which the same event may be delivered again.

        Without `write_back` nothing is tagged or announced; what was found is recorded, and so
        paid for once.
        """
        watch = Stopwatch(ref.event_time)
        try:
            with watch.step("look"):
                head = self._store.head(ref)
            if ref.etag and ref.etag != head.etag:
                self._tagger.remove_stale(ref, ref.etag, head)
                return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)
            pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
            return self._claim_and_screen(pinned, head, deadline, watch, write_back=write_back)
        except ObjectNotFoundError as gone:
            return Outcome(ref, Status.GONE, timing=watch.timing, detail=str(gone))
        except ObjectChangedError:
            return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)

    def mark_failed(self, ref: ObjectRef, failure: FacescreenError) -> Outcome:
        """Says `failed` of an object whose event is not delivered again; what was found before is
        said rather. Raises errors.FacescreenError."""
        watch = Stopwatch(ref.event_time)
        try:
            head = self._store.head(ref)
            if ref.etag and ref.etag != head.etag:
                return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)
            pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
            found = self._ledger.get_finding(compute_entry_id(pinned, head), head.write)
            finding = found or build_failed_finding(self._build_biz_id(pinned, head), failure)
            return self._write_back(pinned, head, finding, watch, quarantine=None)
        except ObjectNotFoundError as gone:
            return Outcome(ref, Status.GONE, timing=watch.timing, detail=str(gone))

    def _claim_and_screen(
        self,
        ref: ObjectRef,
        head: ObjectHead,
        deadline: Deadline,
        watch: Stopwatch,
        *,
        write_back: bool,
    ) -> Outcome:
        with watch.step("claim"):
            claim = self._ledger.claim(compute_entry_id(ref, head), head.write, deadline)
        if claim is None:
            if write_back:
                with watch.step("tag"):
                    self._restore_tags(ref, head)
            return Outcome(ref, Status.ALREADY_SCREENED, timing=watch.timing)
        with claim:
            finding = claim.get_finding(head.write)
            if finding is None:
                finding = self._screen_media(ref, head, deadline, watch)
                with watch.step("record"):
                    claim.record_finding(finding, head.write)
            if not write_back:
                return self._recheck(ref, head, finding, watch)
            outcome = self._write_back(ref, head, finding, watch, quarantine=self._quarantine)
            if outcome.status is Status.SCREENED:
                claim.mark_done(head.write)
            return outcome

    def _restore_tags(self, ref: ObjectRef, head: ObjectHead) -> None:
        """It was tagged and announced: what somebody took off since is tagged again."""
        if self._tagger.is_current(ref, head):
            return
        finding = self._ledger.get_finding(compute_entry_id(ref, head), head.write)
        if finding is not None:
            self._tagger.write(ref, head, finding)

    def _write_back(
        self,
        ref: ObjectRef,
        head: ObjectHead,
        finding: Finding,
        watch: Stopwatch,
        *,
        quarantine: Quarantine | None,
    ) -> Outcome:
        """Tag before message: who reads the message finds the tag. Deletion after it: what is
        gone could not be announced any more."""
        with watch.step("tag"):
            tagging = self._tagger.write(ref, head, finding)
        if tagging is SUPERSEDED:
            return Outcome(ref, Status.SUPERSEDED, finding, tagging, watch.timing)
        outcome = Outcome(ref, Status.SCREENED, finding, tagging, watch.timing)
        if quarantine:
            with watch.step("quarantine"):
                taken = quarantine.apply(ref, head, finding)
            outcome = replace(outcome, quarantine=taken, timing=watch.timing)
        with watch.step("announce"):
            self._publisher.publish(message(outcome, source=self._policy.source))
        with watch.step("list"):
            self._history.add(outcome)
        if quarantine and outcome.quarantine:
            quarantine.delete_original(ref, head, outcome.quarantine)
        return outcome

    def _recheck(
        self, ref: ObjectRef, head: ObjectHead, finding: Finding, watch: Stopwatch
    ) -> Outcome:
        """For somebody who asked, if it still stands."""
        with watch.step("tag"):
            stands = self._store.head(ref) == head
        if not stands:
            return Outcome(ref, Status.SUPERSEDED, finding, SUPERSEDED, watch.timing)
        return Outcome(ref, Status.SCREENED, finding, NOT_REQUESTED, watch.timing)

    def _screen_media(
        self, ref: ObjectRef, head: ObjectHead, deadline: Deadline, watch: Stopwatch
    ) -> Finding:
        biz_id = self._build_biz_id(ref, head)

        def detect(media: Media, assessment: Assessment) -> Detection:
            request = self._transfer.build_request(ref, media.kind, convert=assessment.convert)
            return self._detect(replace(request, merchant_biz_id=biz_id, deadline=deadline))

        return screen_media(
            _ObjectReader(self._store, ref, head.size),
            biz_id,
            detect,
            watch,
            strictness=self._policy.strictness,
            can_convert=self._policy.convert and self._store.converts,
        )

    def _build_biz_id(self, ref: ObjectRef, head: ObjectHead) -> str:
        """The same for the same bytes."""
        return (self._policy.merchant_prefix + compute_entry_id(ref, head))[:32]


@dataclass(frozen=True)
class _ObjectReader:
    """An object's bytes as media.probe reads them."""

    store: ObjectStore
    ref: ObjectRef
    size: int

    def read(self, start: int, length: int) -> bytes:
        return self.store.read(self.ref, start, length)
