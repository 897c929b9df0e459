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
class Return:
    """A moved object goes back to where it came from."""

    moved: ObjectRef
    head: ObjectHead
    origin: ObjectRef
    there: ObjectHead | None
    """What stands where it came from: nothing, an older version, or the same bytes already."""

    @property
    def says(self) -> str:
        """What is about to happen."""
        return f"back to {self.origin.uri}"


@dataclass(frozen=True)
class Reopening:
    """An object that was made private gets the access list back that it had."""

    ref: ObjectRef
    head: ObjectHead
    acl: str

    @property
    def says(self) -> str:
        """What is about to happen."""
        return "its access list back to what it was"


@dataclass(frozen=True)
class Releasing:
    """Looks first, and changes nothing before it is told to. Both steps raise NotReleasedError and
    errors.FacescreenError."""

    store: QuarantineStore
    records: QuarantineRecords
    settings: QuarantineSettings

    def plan(self, named: ObjectRef) -> Return | Reopening:
        """What releasing the object would do."""
        try:
            head = self.store.head(named)
        except ObjectNotFoundError:
            raise NotReleasedError("nothing stands there: was it released already?") from None
        pinned = replace(named, etag=head.etag, version_id=head.version_id, size=head.size)
        origin = parse_original_ref(self.settings, named)
        if origin is None:
            return self._reopening(pinned, head)
        return Return(pinned, head, origin, self._replaceable(origin, head))

    def carry_out(self, plan: Return | Reopening) -> None:
        """The mark comes first: the copy back raises an event, which may come at once."""
        if isinstance(plan, Return):
            self._return(plan)
        else:
            self._reopen(plan)

    def _reopening(self, ref: ObjectRef, head: ObjectHead) -> Reopening:
        acl = self.records.get_acl(compute_entry_id(ref, head))
        if not acl:
            raise NotReleasedError(
                "these bytes were not made private, and it does not stand in quarantine (what was "
                "moved is named by its place there, as the message gives it; is QUARANTINE_BUCKET "
                "set as the function has it?)"
            )
        return Reopening(ref, head, acl)

    def _replaceable(self, origin: ObjectRef, head: ObjectHead) -> ObjectHead | None:
        try:
            there = self.store.head(origin)
        except ObjectNotFoundError:
            return None
        if _same_bytes(there, head) or (there.version_id and _moment(there) < _moment(head)):
            return there
        raise NotReleasedError(f"another object stands at {origin.uri}, and is not overwritten")

    def _return(self, plan: Return) -> None:
        entry = compute_entry_id(plan.origin, plan.head)
        self.records.record_release(entry)
        if plan.there is None or not _same_bytes(plan.there, plan.head):
            must_be_new = plan.there is None
            back = copy_and_verify(
                self.store, plan.moved, plan.head, plan.origin, must_be_new=must_be_new
            )
            self._carry_over(entry, compute_entry_id(plan.origin, back))
        delete_if_unchanged(self.store, plan.moved, plan.head)

    def _carry_over(self, entry: str, back: str) -> None:
        """An ETag of S3's encryption (SSE-KMS) is another after each copy, and so is the entry."""
        if back == entry:
            return
        self.records.record_release(back)
        if finding := self.records.get_finding(entry):
            self.records.copy_finding(back, finding)

    def _reopen(self, plan: Reopening) -> None:
        self.records.record_release(compute_entry_id(plan.ref, plan.head))
        self.store.set_acl(plan.ref, plan.acl)
        if self.store.head(plan.ref) != plan.head:
            raise NotReleasedError("overwritten at this moment: look at its access list")


def _same_bytes(one: ObjectHead, other: ObjectHead) -> bool:
    """Beyond doubt: what is the same need not be kept twice."""
    checksums = one.checksum == other.checksum and bool(one.checksum)
    return one.size == other.size and (one.etag == other.etag or checksums)


def _moment(head: ObjectHead) -> datetime:
    """OSS gives it as HTTP does, S3's adapter as ISO 8601."""
    try:
        return datetime.fromisoformat(head.last_modified)
    except ValueError:
        return parsedate_to_datetime(head.last_modified)
