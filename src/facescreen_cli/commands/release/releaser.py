"""Releases objects from quarantine in two steps: plan, then execute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from facescreen.errors import ObjectNotFoundError
from facescreen.model import ObjectHead, ObjectRef
from facescreen.records.ledger import compute_entry_id
from facescreen.screening.quarantine import (
    QuarantineRecords,
    copy_and_verify,
    delete_if_unchanged,
    parse_original_ref,
)
from facescreen.settings.table import QuarantineSettings
from facescreen.storage.ports import QuarantineStore


class NotReleasedError(Exception):
    """Why an object was not released, for people."""


@dataclass(frozen=True)
class RestorePlan:
    """Move an object back to its original location."""

    quarantined: ObjectRef
    head: ObjectHead
    origin: ObjectRef
    existing: ObjectHead | None
    """What is at the original location: nothing, an older version, or the same bytes."""

    @property
    def description(self) -> str:
        """What is about to happen."""
        return f"move back to {self.origin.uri}"


@dataclass(frozen=True)
class AclPlan:
    """Restore the ACL of an object that was made private."""

    ref: ObjectRef
    head: ObjectHead
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
    records: QuarantineRecords
    settings: QuarantineSettings

    def plan(self, ref: ObjectRef) -> RestorePlan | AclPlan:
        """Find out what releasing an object would do."""
        try:
            head = self.store.head(ref)
        except ObjectNotFoundError:
            raise NotReleasedError("there is no such object: was it released already?") from None
        pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
        origin = parse_original_ref(self.settings, ref)
        if origin is None:
            return self._plan_acl(pinned, head)
        return RestorePlan(pinned, head, origin, self._check_destination(origin, head))

    def execute(self, plan: RestorePlan | AclPlan) -> None:
        """Execute a plan. Records the release first: copying the object back sends an event, which
        may arrive at once."""
        if isinstance(plan, RestorePlan):
            self._restore(plan)
        else:
            self._restore_acl(plan)

    def _plan_acl(self, ref: ObjectRef, head: ObjectHead) -> AclPlan:
        acl = self.records.get_acl(compute_entry_id(ref, head))
        if not acl:
            raise NotReleasedError(
                "the object was not made private, and is not in quarantine. Name a moved object by "
                "its location in quarantine (the field quarantine of its message), and set "
                "QUARANTINE_BUCKET to the function's value"
            )
        return AclPlan(ref, head, acl)

    def _check_destination(self, origin: ObjectRef, head: ObjectHead) -> ObjectHead | None:
        try:
            existing = self.store.head(origin)
        except ObjectNotFoundError:
            return None
        if _is_same_content(existing, head) or (
            existing.version_id and _parse_last_modified(existing) < _parse_last_modified(head)
        ):
            return existing
        raise NotReleasedError(f"there is another object at {origin.uri}, which is not overwritten")

    def _restore(self, plan: RestorePlan) -> None:
        entry_id = compute_entry_id(plan.origin, plan.head)
        self.records.record_release(entry_id)
        if plan.existing is None or not _is_same_content(plan.existing, plan.head):
            must_be_new = plan.existing is None
            restored = copy_and_verify(
                self.store, plan.quarantined, plan.head, plan.origin, must_be_new=must_be_new
            )
            self._copy_records(entry_id, compute_entry_id(plan.origin, restored))
        delete_if_unchanged(self.store, plan.quarantined, plan.head)

    def _copy_records(self, entry_id: str, restored_id: str) -> None:
        """With SSE-KMS, each copy has a new ETag, and so a new entry in the records."""
        if restored_id == entry_id:
            return
        self.records.record_release(restored_id)
        if finding := self.records.get_finding(entry_id):
            self.records.copy_finding(restored_id, finding)

    def _restore_acl(self, plan: AclPlan) -> None:
        self.records.record_release(compute_entry_id(plan.ref, plan.head))
        self.store.set_acl(plan.ref, plan.acl)
        if self.store.head(plan.ref) != plan.head:
            raise NotReleasedError("overwritten at this moment: check its ACL")


def _is_same_content(head: ObjectHead, other: ObjectHead) -> bool:
    """Whether the content is certainly the same, so that one copy can be deleted."""
    same_checksum = head.checksum == other.checksum and bool(head.checksum)
    return head.size == other.size and (head.etag == other.etag or same_checksum)


def _parse_last_modified(head: ObjectHead) -> datetime:
    """OSS writes an HTTP date, the S3 adapter ISO 8601."""
    try:
        return datetime.fromisoformat(head.last_modified)
    except ValueError:
        return parsedate_to_datetime(head.last_modified)
