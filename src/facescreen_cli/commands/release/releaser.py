"""Releases objects from quarantine in two steps: plan, then execute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from facescreen.errors import ObjectNotFoundError
from facescreen.model import ObjectRef
from facescreen.screening.pinning import ObjectPinner, PinnedObject
from facescreen.screening.quarantine import (
    PRIVATE_ACL,
    QuarantineRecords,
    copy_and_verify,
    delete_if_unchanged,
    parse_original_ref,
)
from facescreen.settings.table import QuarantineSettings
from facescreen.storage.ports import QuarantineStore
from facescreen.timing import Deadline

_TIMEOUT_S = 60.0
"""For reading one object, until its revision is certain."""
_CLOCK_MARGIN = timedelta(seconds=2)
"""How much older a version must be than the copy in quarantine, to be certainly older: times have
whole seconds, and the clocks of the store's nodes differ."""


class NotReleasedError(Exception):
    """Why an object was not released, for people."""


@dataclass(frozen=True)
class RestorePlan:
    """Move an object back to its original location."""

    quarantined: PinnedObject
    origin: ObjectRef
    existing: PinnedObject | None
    """What is at the original location: nothing, an older version, or the same bytes."""

    @property
    def description(self) -> str:
        """What is about to happen."""
        return f"move back to {self.origin.uri}"


@dataclass(frozen=True)
class AclPlan:
    """Restore the ACL of an object that was made private."""

    private: PinnedObject
    acl: str

    @property
    def description(self) -> str:
        """What is about to happen."""
        return "restore its previous ACL"


@dataclass(frozen=True)
class Releaser:
    """Plans a release without changing anything, and executes a plan. Both steps raise
    NotReleasedError and errors.FacescreenError."""

    store: QuarantineStore
    pinner: ObjectPinner
    records: QuarantineRecords
    settings: QuarantineSettings

    def plan(self, ref: ObjectRef) -> RestorePlan | AclPlan:
        """Find out what releasing an object would do."""
        try:
            pinned = self._pin(ref)
        except ObjectNotFoundError:
            raise NotReleasedError("there is no such object: was it released already?") from None
        origin = parse_original_ref(self.settings, ref)
        if origin is None:
            return self._plan_acl(pinned)
        return RestorePlan(pinned, origin, self._check_destination(origin, pinned))

    def execute(self, plan: RestorePlan | AclPlan) -> None:
        """Execute a plan. Records the release first: copying the object back sends an event, which
        may arrive at once."""
        if isinstance(plan, RestorePlan):
            self._restore(plan)
        else:
            self._restore_acl(plan)

    def _pin(self, ref: ObjectRef) -> PinnedObject:
        return self.pinner.pin(ref, Deadline.after(_TIMEOUT_S))

    def _plan_acl(self, pinned: PinnedObject) -> AclPlan:
        acl = self.records.get_acl(pinned.ref, pinned.sha256)
        if not acl:
            raise NotReleasedError(
                "the object was not made private, and is not in quarantine. Name a moved object by "
                "its location in quarantine (the field quarantine of its message), and set "
                "QUARANTINE_BUCKET to the function's value"
            )
        return AclPlan(pinned, acl)

    def _check_destination(
        self, origin: ObjectRef, quarantined: PinnedObject
    ) -> PinnedObject | None:
        try:
            existing = self._pin(origin)
        except ObjectNotFoundError:
            return None
        is_older_version = (
            existing.head.version_id
            and existing.head.last_modified + _CLOCK_MARGIN < quarantined.head.last_modified
        )
        if existing.sha256 == quarantined.sha256 or is_older_version:
            return existing
        raise NotReleasedError(f"there is another object at {origin.uri}, which is not overwritten")

    def _restore(self, plan: RestorePlan) -> None:
        quarantined = plan.quarantined
        self.records.record_release(plan.origin, quarantined.sha256)
        if plan.existing is None or plan.existing.sha256 != quarantined.sha256:
            must_be_new = plan.existing is None
            copy_and_verify(self.store, quarantined, plan.origin, must_be_new=must_be_new)
        else:
            self._restore_kept_original(plan.existing)
        delete_if_unchanged(self.store, quarantined.ref, quarantined.head)

    def _restore_kept_original(self, original: PinnedObject) -> None:
        """Restore the ACL of an original that was made private because it could not be deleted."""
        acl = self.records.get_acl(original.ref, original.sha256)
        if acl and self.store.get_acl(original.ref) == PRIVATE_ACL:
            self._restore_acl(AclPlan(original, acl))

    def _restore_acl(self, plan: AclPlan) -> None:
        # Somebody may have taken minutes to confirm the plan.
        if self.pinner.look_again(plan.private, Deadline.after(_TIMEOUT_S)) is None:
            raise NotReleasedError("it was overwritten meanwhile, and nothing was changed")
        self.records.record_release(plan.private.ref, plan.private.sha256)
        self.store.set_acl(plan.private.ref, plan.acl)
        released = self.pinner.look_again(plan.private, Deadline.after(_TIMEOUT_S))
        if released is None:
            raise NotReleasedError("overwritten at this moment: check its ACL")
        self.records.keep_record(plan.private, released)
