"""The screener: finds the revision that an event is about, has it screened, and repairs what an
overwrite left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facescreen.errors import ObjectChangedError, ObjectNotFoundError, RequestRejectedError
from facescreen.model import Outcome, Status
from facescreen.records.ledger_ids import compute_object_id
from facescreen.screening.attempt import Attempt
from facescreen.screening.pinning import Pin
from facescreen.screening.tagger import SUPERSEDED_RESULT
from facescreen.storage.keys import NULL_VERSION
from facescreen.timing import Timings

if TYPE_CHECKING:
    from facescreen.errors import FacescreenError
    from facescreen.model import Finding, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.screening.pinning import ObjectPinner, PinnedObject
    from facescreen.screening.revision_screener import RevisionScreener
    from facescreen.screening.tagger import Tagger
    from facescreen.storage.ports import ObjectStore
    from facescreen.timing import Deadline

_MAX_VERSIONS_CHECKED = 200
"""Versions with the same ETag under one key, of which one event is about one."""


class Screener:
    """Screens the objects that events are about."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        pinner: ObjectPinner,
        ledger: Ledger,
        tagger: Tagger,
        revision_screener: RevisionScreener,
    ) -> None:
        self._store = store
        self._pinner = pinner
        self._ledger = ledger
        self._tagger = tagger
        self._revision_screener = revision_screener

    def screen(self, ref: ObjectRef, deadline: Deadline, *, write_back: bool = True) -> Outcome:
        """Screen one object and return its outcome.

        Raises errors.TransientError and errors.OperatorError; the same event may then be delivered
        again. Without `write_back` nothing is tagged or published. The finding is recorded either
        way, so that it is paid for once.
        """
        return self._attempt(ref, Attempt(deadline, Timings(ref.event_time), write_back))

    def get_outcome(self, ref: ObjectRef, deadline: Deadline) -> Outcome | None:
        """Return what is known about the current bytes, or those of the version in `ref`; None if
        they have not been screened. Raises ObjectNotFoundError."""
        head = self._store.head(ref)
        record = self._ledger.get_record(compute_object_id(ref, head.revision))
        if record is not None and self._pinner.can_trust_revision(head):
            seen = replace(ref, etag=head.etag, version_id=head.address, size=head.size)
            return Outcome(seen, Status.ALREADY_SCREENED, record.finding)
        # The bytes tell, where the revision does not, and while their verdict is being written.
        pinned = self._pinner.pin(ref, deadline)
        if record is not None and record.sha256 == pinned.sha256:
            finding: Finding | None = record.finding
        else:
            finding = self._revision_screener.get_finding(pinned, deadline)
        return Outcome(pinned.ref, Status.ALREADY_SCREENED, finding) if finding else None

    def mark_failed(self, ref: ObjectRef, failure: FacescreenError, deadline: Deadline) -> Outcome:
        """Write `failed` to an object whose event is not delivered again, or what is known about
        its bytes. Raises as `screen`."""
        return self._attempt(ref, Attempt(deadline, Timings(ref.event_time), failure=failure))

    def _attempt(self, ref: ObjectRef, attempt: Attempt) -> Outcome:
        try:
            outcome = self._screen_event(ref, attempt)
        except ObjectNotFoundError as error:
            outcome = Outcome(ref, Status.GONE, detail=str(error))
        except ObjectChangedError:
            outcome = Outcome(ref, Status.SUPERSEDED)
        return replace(outcome, timing=attempt.timings.durations_ms)

    def _screen_event(self, ref: ObjectRef, attempt: Attempt) -> Outcome:
        """Screen the current revision if the event is about it, or else an older version."""
        try:
            with attempt.timings.measure("look"):
                pinned = self._pinner.pin(ref, attempt.deadline)
        except ObjectNotFoundError:
            # A delete marker may hide the version. It is current again without the marker.
            version_outcome = self._screen_unscreened_version(ref, None, attempt)
            if version_outcome is None:
                raise
            return version_outcome
        outcome = Outcome(ref, Status.SUPERSEDED)
        if ref.etag in ("", pinned.ref.etag):
            outcome = self._revision_screener.screen(pinned, attempt)
        if outcome.status in (Status.ALREADY_SCREENED, Status.SUPERSEDED):
            version_outcome = self._screen_unscreened_version(ref, pinned, attempt)
            if version_outcome is not None:
                return version_outcome
        if outcome.status is Status.SUPERSEDED and attempt.write_back:
            has_written_tags = _has_written_tags(outcome)
            self._repair(pinned, attempt.deadline, is_overwritten=has_written_tags)
        return outcome

    def _screen_unscreened_version(
        self, ref: ObjectRef, current: PinnedObject | None, attempt: Attempt
    ) -> Outcome | None:
        """Screen an older version with the event's ETag; None if there is no unscreened one. If
        another delivery has screened it meanwhile, this one is about the next."""
        outcome = None
        for _ in range(_MAX_VERSIONS_CHECKED):
            version = self._find_unscreened_version(ref, current, attempt.deadline)
            if version is None:
                return outcome
            outcome = self._revision_screener.screen(version, attempt)
            if outcome.status is not Status.ALREADY_SCREENED:
                return outcome
        return outcome

    def _find_unscreened_version(
        self, ref: ObjectRef, current: PinnedObject | None, deadline: Deadline
    ) -> PinnedObject | None:
        """Return an older version with the event's ETag that has no verdict yet. OSS's events name
        no version, and an older version becomes the current one when newer ones are deleted.
        `current` is None if the key has no current version. Raises RequestRejectedError if there
        are too many to find out: the event then becomes a dead letter."""
        is_versioned = current is None or bool(current.ref.version_id)
        if not is_versioned or ref.version_id or not ref.etag:
            return None
        current_version_id = "" if current is None else current.ref.version_id
        versions = [
            version
            for version in self._store.list_versions(ref)
            if version.etag == ref.etag and version.version_id != current_version_id
        ]
        for version in versions[:_MAX_VERSIONS_CHECKED]:
            pinned, revision = None, version.version_id
            if version.version_id == NULL_VERSION:
                pinned = self._pinner.pin(version, deadline)
                revision = pinned.head.revision
            if self._ledger.get_record(compute_object_id(version, revision)) is None:
                return pinned or self._pinner.pin(version, deadline)
        if len(versions) > _MAX_VERSIONS_CHECKED:
            raise RequestRejectedError(
                f"the newest {_MAX_VERSIONS_CHECKED} versions of this object with the event's ETag "
                "have a verdict; more were not checked. Screen the others by their version ids"
            )
        return None

    def _repair(self, pinned: PinnedObject, deadline: Deadline, *, is_overwritten: bool) -> None:
        """See to it that the bytes that were written after `pinned` keep no verdict on others, and
        don't lose their own.

        With `is_overwritten`, a tagging request of this delivery reached other bytes than those it
        was for, and may have replaced their own verdict. An earlier attempt of the same delivery
        may have left tags as well, if it was killed.
        """
        # A version never changes, but the version `null` may be replaced, and hidden by others.
        version_id = "" if pinned.pin is Pin.VERSION else pinned.ref.version_id
        while True:
            ref = replace(pinned.ref, etag="", version_id=version_id)
            current = self._pinner.pin(ref, deadline)
            if not is_overwritten and not self._remove_stale_verdict(current):
                return
            outcome = self._revision_screener.screen(current, Attempt(deadline))
            if outcome.status is not Status.SUPERSEDED:
                return
            # Tags that were taken off may have been those of the bytes that are there now.
            is_overwritten = True

    def _remove_stale_verdict(self, current: PinnedObject) -> bool:
        """Take verdict tags off that belong to other bytes. Returns whether the current bytes must
        be screened: they had a verdict, or are recorded as done and may have lost it."""
        object_id = compute_object_id(current.ref, current.head.revision)
        return (
            self._tagger.remove_stale_verdict(current)
            or self._ledger.get_record(object_id) is not None
        )


def _has_written_tags(outcome: Outcome) -> bool:
    """Whether tags were written to other bytes than the judged ones."""
    return outcome.tagging is SUPERSEDED_RESULT
