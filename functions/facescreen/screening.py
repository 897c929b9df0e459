"""The one use case: an object is looked at, claimed, probed, screened, tagged and announced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import findings
from .errors import ContentFault, ObjectChanged, ObjectGone
from .ledger import entry_id
from .media import Unreadable, probe
from .outcome import Outcome, Status, message
from .requirements import assess
from .stopwatch import Stopwatch
from .tagging import SUPERSEDED

if TYPE_CHECKING:
    from .deadline import Deadline
    from .ledger import Ledger
    from .messages import Publisher
    from .outcome import Finding
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
        policy: Policy,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._transfer = transfer
        self._tagger = tagger
        self._publisher = publisher
        self._policy = policy

    def screen(self, ref: ObjectRef, deadline: Deadline) -> Outcome:
        """Brings one object to its end. Raises errors.Passing and errors.OperatorFault, after
        which the same event may be delivered again."""
        watch = Stopwatch(ref.event_time)
        try:
            with watch.step("look"):
                head = self._store.head(ref)
            if ref.etag and ref.etag != head.etag:
                self._tagger.take_off(ref, ref.etag, head)
                return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)
            pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
            return self._screen_write(pinned, head, deadline, watch)
        except ObjectGone as gone:
            return Outcome(ref, Status.GONE, timing=watch.timing, detail=str(gone))
        except ObjectChanged:
            return Outcome(ref, Status.SUPERSEDED, timing=watch.timing)

    def _screen_write(
        self, ref: ObjectRef, head: ObjectHead, deadline: Deadline, watch: Stopwatch
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
                tagging = self._tagger.write(ref, head, finding)
            if tagging is SUPERSEDED:
                return Outcome(ref, Status.SUPERSEDED, finding, tagging, watch.timing)
            outcome = Outcome(ref, Status.SCREENED, finding, tagging, watch.timing)
            with watch.step("announce"):
                self._publisher.publish(message(outcome, source=self._policy.source))
            claim.done(head.write)
            return outcome

    def _find(
        self, ref: ObjectRef, head: ObjectHead, deadline: Deadline, watch: Stopwatch
    ) -> Finding:
        """Judges the bytes: by the requirements first, and if they are fit, by the service."""
        biz_id = (self._policy.merchant_prefix + entry_id(ref, head))[:32]
        with watch.step("probe"):
            try:
                media = probe(_Ranges(self._store, ref, head.size))
            except Unreadable as unreadable:
                return findings.unreadable(biz_id, str(unreadable))
        can_convert = self._policy.convert and self._store.converts
        fit = assess(media, head.size, self._policy.strictness, can_convert=can_convert)
        if fit.refusals:
            return findings.unfit(biz_id, media, fit)
        with watch.step("call"):
            try:
                detection = self._transfer(
                    ref,
                    kind=media.kind,
                    convert=fit.convert,
                    merchant_biz_id=biz_id,
                    deadline=deadline,
                )
            except ContentFault as fault:
                return findings.rejected(biz_id, media, fit, fault)
        return findings.judged(biz_id, media, fit, detection)


@dataclass(frozen=True)
class _Ranges:
    """An object's bytes as media.probe reads them."""

    store: ObjectStore
    ref: ObjectRef
    size: int

    def read(self, start: int, length: int) -> bytes:
        return self.store.read(self.ref, start, length)
