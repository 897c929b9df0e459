"""The way back out of quarantine, in two steps: look and plan, then carry it out."""

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
    """Why an object stays as it is, for people."""


@dataclass(frozen=True)
class RestorePlan:
    """A moved object goes back to where it came from."""

    quarantined: ObjectRef
    head: ObjectHead
    origin: ObjectRef
    existing: ObjectHead | None
    """What stands where it came from: nothing, an older version, or the same bytes already."""

    @property
    def description(self) -> str:
        """What is about to happen."""
        return f"back to {self.origin.uri}"


@dataclass(frozen=True)
class AclPlan:
    """An object that was made private gets the access list back that it had."""

    ref: ObjectRef
    head: ObjectHead
    acl: str

    @property
    def description(self) -> str:
        """What is about to happen."""
        return "its access list back to what it was"


@dataclass(frozen=True)
class Releaser:
    """Looks first, and changes nothing before it is told to. Both steps raise NotReleasedError and
    errors.FacescreenError."""

    store: QuarantineStore
    records: QuarantineRecords
    settings: QuarantineSettings

    def plan(self, ref: ObjectRef) -> RestorePlan | AclPlan:
        """What releasing the object would do."""
        try:
            head = self.store.head(ref)
        except ObjectNotFoundError:
            raise NotReleasedError("nothing stands there: was it released already?") from None
        pinned = replace(ref, etag=head.etag, version_id=head.version_id, size=head.size)
        origin = parse_original_ref(self.settings, ref)
        if origin is None:
            return self._plan_acl(pinned, head)
        return RestorePlan(pinned, head, origin, self._check_destination(origin, head))

    def carry_out(self, plan: RestorePlan | AclPlan) -> None:
        """The mark comes first: the copy back raises an event, which may come at once."""
        if isinstance(plan, RestorePlan):
            self._restore(plan)
        else:
            self._restore_acl(plan)

    def _plan_acl(self, ref: ObjectRef, head: ObjectHead) -> AclPlan:
        acl = self.records.get_acl(compute_entry_id(ref, head))
        if not acl:
            raise NotReleasedError(
                "these bytes were not made private, and it does not stand in quarantine (what was "
                "moved is named by its place there, as the message gives it; is QUARANTINE_BUCKET "
                "set as the function has it?)"
            )
        return AclPlan(ref, head, acl)

    def _check_destination(self, origin: ObjectRef, head: ObjectHead) -> ObjectHead | None:
        try:
            existing = self.store.head(origin)
        except ObjectNotFoundError:
            return None
        if _is_same_content(existing, head) or (
            existing.version_id and _last_modified(existing) < _last_modified(head)
        ):
            return existing
        raise NotReleasedError(f"another object stands at {origin.uri}, and is not overwritten")

    def _restore(self, plan: RestorePlan) -> None:
        entry = compute_entry_id(plan.origin, plan.head)
        self.records.record_release(entry)
        if plan.existing is None or not _is_same_content(plan.existing, plan.head):
            must_be_new = plan.existing is None
            restored = copy_and_verify(
                self.store, plan.quarantined, plan.head, plan.origin, must_be_new=must_be_new
            )
            self._carry_over(entry, compute_entry_id(plan.origin, restored))
        delete_if_unchanged(self.store, plan.quarantined, plan.head)

    def _carry_over(self, entry: str, restored: str) -> None:
        """An ETag of S3's encryption (SSE-KMS) is another after each copy, and so is the entry."""
        if restored == entry:
            return
        self.records.record_release(restored)
        if finding := self.records.get_finding(entry):
            self.records.copy_finding(restored, finding)

    def _restore_acl(self, plan: AclPlan) -> None:
        self.records.record_release(compute_entry_id(plan.ref, plan.head))
        self.store.set_acl(plan.ref, plan.acl)
        if self.store.head(plan.ref) != plan.head:
            raise NotReleasedError("overwritten at this moment: look at its access list")


def _is_same_content(one: ObjectHead, other: ObjectHead) -> bool:
    """Beyond doubt: what is the same need not be kept twice."""
    checksums = one.checksum == other.checksum and bool(one.checksum)
    return one.size == other.size and (one.etag == other.etag or checksums)


def _last_modified(head: ObjectHead) -> datetime:
    """OSS gives it as HTTP does, S3's adapter as ISO 8601."""
    try:
        return datetime.fromisoformat(head.last_modified)
    except ValueError:
        return parsedate_to_datetime(head.last_modified)
