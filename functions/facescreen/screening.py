"""The one use case: an object is looked at, claimed, probed, screened, tagged and announced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import ObjectChanged, ObjectGone
from .findings import find
from .ledger import entry_id
from .outcome import Outcome, Status, message
from .stopwatch import Stopwatch
from .tagging import NOT_ASKED, SUPERSEDED

if TYPE_CHECKING:
    from .deadline import Deadline
    from .history import History
    from .ledger import Ledger
    from .messages import Publisher
    from .outcome import Finding, Tagging
    from .requirements import Strictness
    from .storage import ObjectHead, ObjectRef, ObjectStore
    from .tagging import Tagger
    from .transfer import Transfer


@dataclass(frozen=True)
class Policy:
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
        tagger: Tagger,
        publisher: Publisher,
        history: History,
        policy: Policy,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._transfer = transfer
        self._tagger = tagger
        self._publisher = publisher
        self._history = history
        self._policy = policy

    def screen(self, ref: ObjectRef, deadline: Deadline, *, write_back: bool = True) -> Outcome:
        """Brings one object to its end. Raises errors.Passing and errors.OperatorFault, after
        which the same event may be delivered again.

        Without `write_back` nothing is tagged or announced; what was found is recorded, and so
        paid for once.
        """
        watch = Stopwatch(ref.event_time)
        try:
            with watch.step("look"):
                head = self._store.head(ref)
            if ref.etag and ref.etag != head.etag:
                self._tagger.take_off(ref, ref.etag, head)
                return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)
            pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
            return self._screen_write(pinned, head, deadline, watch, write_back=write_back)
        except ObjectGone as gone:
            return Outcome(ref, Status.GONE, timing=watch.timing, detail=str(gone))
        except ObjectChanged:
            return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)

    def _screen_write(
        self,
        ref: ObjectRef,
        head: ObjectHead,
        deadline: Deadline,
        watch: Stopwatch,
        *,
        write_back: bool,
    ) -> Outcome:
        with watch.step("claim"):
            claim = self._ledger.claim(entry_id(ref, head), head.write, deadline)
        if claim is None:
            return Outcome(ref, Status.ALREADY_SCREENED, timing=watch.timing)
        with claim:
            finding = claim.finding(head.write)
            if finding is None:
                finding = self._find(ref, head, deadline, watch)
                with watch.step("record"):
                    claim.record(finding, head.write)
            with watch.step("tag"):
                tagging = self._tag(ref, head, finding, write_back=write_back)
            if tagging is SUPERSEDED:
                return Outcome(ref, Status.SUPERSEDED, finding, tagging, watch.timing)
            outcome = Outcome(ref, Status.SCREENED, finding, tagging, watch.timing)
            if not write_back:
                return outcome
            with watch.step("announce"):
                self._publisher.publish(message(outcome, source=self._policy.source))
            with watch.step("list"):
                self._history.add(outcome)
            claim.done(head.write)
            return outcome

    def _tag(
        self, ref: ObjectRef, head: ObjectHead, finding: Finding, *, write_back: bool
    ) -> Tagging:
        if write_back:
            return self._tagger.write(ref, head, finding)
        return NOT_ASKED if self._store.head(ref) == head else SUPERSEDED

    def _find(
        self, ref: ObjectRef, head: ObjectHead, deadline: Deadline, watch: Stopwatch
    ) -> Finding:
        biz_id = (self._policy.merchant_prefix + entry_id(ref, head))[:32]
        return find(
            _Ranges(self._store, ref, head.size),
            biz_id,
            lambda media, fit: self._transfer(
                ref,
                kind=media.kind,
                convert=fit.convert,
                merchant_biz_id=biz_id,
                deadline=deadline,
            ),
            watch,
            strictness=self._policy.strictness,
            can_convert=self._policy.convert and self._store.converts,
        )


@dataclass(frozen=True)
class _Ranges:
    """An object's bytes as media.probe reads them."""

    store: ObjectStore
    ref: ObjectRef
    size: int

    def read(self, start: int, length: int) -> bytes:
        return self.store.read(self.ref, start, length)
