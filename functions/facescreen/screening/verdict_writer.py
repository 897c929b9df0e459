"""The verdict writer: tags an object, quarantines it, publishes its message, and records that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facescreen.message import build_message
from facescreen.model import Outcome, Status
from facescreen.records.ledger_ids import compute_object_id
from facescreen.timing import run_side_by_side

if TYPE_CHECKING:
    from facescreen.bus.ports import Publisher
    from facescreen.model import Finding
    from facescreen.records.claims import ContentClaim, ObjectClaim
    from facescreen.records.history import History
    from facescreen.records.ledger_entry import ScreeningRecord
    from facescreen.screening.attempt import Attempt
    from facescreen.screening.pinning import PinnedObject
    from facescreen.screening.quarantine import Quarantine
    from facescreen.screening.tagger import TaggedObject, Tagger
    from facescreen.timing import SideBySide, Timings


class VerdictWriter:
    """Writes findings to where everyone looks for them."""

    def __init__(
        self,
        *,
        tagger: Tagger,
        publisher: Publisher,
        history: History,
        source: str,
        quarantine: Quarantine | None = None,
        side_by_side: SideBySide = run_side_by_side,
    ) -> None:
        """`source`: the CloudEvents `source` of messages."""
        self._tagger = tagger
        self._publisher = publisher
        self._history = history
        self._source = source
        self._quarantine = quarantine
        self._side_by_side = side_by_side

    def write(
        self,
        seen: TaggedObject,
        record: ScreeningRecord,
        claim: ContentClaim | ObjectClaim,
        attempt: Attempt,
    ) -> Outcome:
        """Tag, quarantine, publish, add to the history, delete a moved original, and record that
        all this is done.

        Tags come before the message, so that its reader finds them. A moved original is deleted
        after it, because a deleted object could no longer be published. Returns a superseded
        outcome if other bytes were written meanwhile.
        """
        outcome, pinned = self._tag(seen, record.finding, attempt)
        if pinned is None:
            return outcome
        if self._quarantine is not None:
            with attempt.timings.measure("quarantine"):
                quarantined = self._quarantine.apply(pinned, record, attempt.deadline)
            if quarantined is not None:
                pinned = quarantined.pinned
                outcome = replace(
                    outcome, quarantine=quarantined.result, revision=pinned.head.revision
                )
        self._announce(outcome, attempt.timings)
        if self._quarantine is not None and outcome.quarantine is not None:
            self._quarantine.delete_original(pinned, outcome.quarantine)
        claim.mark_done(compute_object_id(pinned.ref, pinned.head.revision), record)
        return outcome

    def write_failed(self, seen: TaggedObject, finding: Finding, attempt: Attempt) -> Outcome:
        """Tag and publish a failure. It is not recorded, so that a redrive screens the object."""
        outcome, pinned = self._tag(seen, finding, attempt)
        if pinned is not None:
            self._announce(outcome, attempt.timings)
        return outcome

    def restore_tags(self, pinned: PinnedObject, finding: Finding, attempt: Attempt) -> Outcome:
        """Write the tags of a finding again if the object has lost them. Returns an outcome that is
        already screened, or superseded."""
        outcome = Outcome(pinned.ref, Status.ALREADY_SCREENED, finding)
        with attempt.timings.measure("tag"):
            seen = self._tagger.look(pinned, attempt.deadline)
            if seen is None:
                return replace(outcome, status=Status.SUPERSEDED)
            if self._tagger.has_verdict(seen, finding):
                return outcome
            written = self._tagger.write(seen, finding, attempt.deadline)
        status = Status.SUPERSEDED if written.pinned is None else outcome.status
        return replace(outcome, status=status, tagging=written.result)

    def _tag(
        self, seen: TaggedObject, finding: Finding, attempt: Attempt
    ) -> tuple[Outcome, PinnedObject | None]:
        """Tag the object. Returns it as it was afterwards; None if other bytes were written."""
        with attempt.timings.measure("tag"):
            written = self._tagger.write(seen, finding, attempt.deadline)
        pinned = written.pinned
        if pinned is None:
            return Outcome(seen.pinned.ref, Status.SUPERSEDED, finding, written.result), None
        outcome = Outcome(
            pinned.ref, Status.SCREENED, finding, written.result, revision=pinned.head.revision
        )
        return outcome, pinned

    def _announce(self, outcome: Outcome, timings: Timings) -> None:
        outcome = replace(outcome, timing=timings.durations_ms)
        with timings.measure("announce"):
            self._side_by_side(
                lambda: self._publisher.publish(build_message(outcome, source=self._source)),
                lambda: self._history.add(outcome),
            )
