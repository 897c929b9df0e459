"""What is done about a high risk, where the settings ask for it.

An object that is moved goes in this order, and a process may be killed at any point of it:

    copy, of the very ETag and version -> look at the copy -> announce -> delete the original

Whatever comes again before the deletion finds the object where it was, and does the same again.
Deleting comes last, after the message: the event of an object that is gone tells nobody anything.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from facescreen.errors import (
    ObjectChangedError,
    ObjectNotFoundError,
    QuarantineRefusedError,
    ServiceUnavailableError,
)
from facescreen.model import Quarantined, Verdict
from facescreen.records.ledger import compute_entry_id

if TYPE_CHECKING:
    from facescreen.model import Finding, ObjectHead, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.settings.table import QuarantineSettings
    from facescreen.storage.ports import QuarantineStore

PRIVATE_ACL = "private"
"""An access list that opens an object to nobody, on OSS and on S3."""
_MAX_KEY_BYTES = 1023
"""On OSS; S3 takes one more."""


class Quarantine:
    """Takes what is of high risk out of reach. Never acts on another verdict, on what a person
    released, or on what stands in quarantine already."""

    def __init__(
        self, store: QuarantineStore, records: QuarantineRecords, settings: QuarantineSettings
    ) -> None:
        self._store = store
        self._records = records
        self._settings = settings

    def apply(self, ref: ObjectRef, head: ObjectHead, finding: Finding) -> Quarantined | None:
        """Before the message: copies the write that `head` describes, or makes it private.

        Raises ObjectNotFoundError, ObjectChangedError, errors.TransientError, errors.OperatorError.
        """
        if finding.verdict is not Verdict.HIGH_RISK or parse_original_ref(self._settings, ref):
            return None
        if finding.of_stand_in and not self._settings.on_stand_in:
            return self._result("withheld", "The verdict is a local stand-in's.")
        if self._records.is_released(compute_entry_id(ref, head)):
            return self._result("released", "A person released these bytes.")
        try:
            if self._settings.action == PRIVATE_ACL:
                return self._make_private(ref, head)
            return self._copy_to_quarantine(ref, head, finding)
        except QuarantineRefusedError as refusal:
            return self._result("refused", str(refusal))

    def delete_original(self, ref: ObjectRef, head: ObjectHead, result: Quarantined) -> None:
        """After the message: deletes what was copied."""
        if result.status == "moved":
            delete_if_unchanged(self._store, ref, head)

    def _copy_to_quarantine(
        self, ref: ObjectRef, head: ObjectHead, finding: Finding
    ) -> Quarantined:
        destination = build_quarantine_ref(self._settings, ref, finding.merchant_biz_id)
        if destination is None:
            raise QuarantineRefusedError("its name in quarantine would be longer than stores take")
        copied = copy_and_verify(self._store, ref, head, destination)
        self._records.copy_finding(compute_entry_id(ref, copied), finding)
        return Quarantined("move", "moved", bucket=destination.bucket, key=destination.key)

    def _make_private(self, ref: ObjectRef, head: ObjectHead) -> Quarantined:
        """The access list has no condition either. Bytes written between the look and the list
        stay private with it: that is the safe side to err on."""
        self._records.save_acl(compute_entry_id(ref, head), self._store.acl(ref))
        self._store.set_acl(ref, PRIVATE_ACL)
        if self._store.head(ref) != head:
            raise ObjectChangedError("overwritten while it was made private")
        return self._result("private", "")

    def _result(self, status: str, detail: str) -> Quarantined:
        return Quarantined(self._settings.action, status, detail)


def build_quarantine_ref(
    settings: QuarantineSettings, ref: ObjectRef, merchant_biz_id: str
) -> ObjectRef | None:
    """Where `ref` is moved to; None where the name would be longer than stores take."""
    key = f"{settings.prefix}{ref.bucket}/{merchant_biz_id}/{ref.key}"
    if len(key.encode()) > _MAX_KEY_BYTES:
        return None
    return replace(ref, bucket=settings.bucket, key=key, etag="", version_id="")


def parse_original_ref(settings: QuarantineSettings, moved: ObjectRef) -> ObjectRef | None:
    """Where an object in quarantine came from; None for one that is not there."""
    if moved.bucket != settings.bucket or not moved.key.startswith(settings.prefix):
        return None
    bucket, _, rest = moved.key[len(settings.prefix) :].partition("/")
    key = rest.partition("/")[2]
    if not (bucket and key):
        return None
    return replace(moved, bucket=bucket, key=key, etag="", version_id="")


@dataclass(frozen=True)
class QuarantineRecords:
    """What is remembered of quarantined bytes, beside the ledger's entry about them. A tag would
    be at hand, but whoever may tag could release his own uploads."""

    ledger: Ledger

    def record_release(self, entry: str) -> None:
        """From now on the bytes of `entry` are left where they are."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.ledger.put_once(f"{entry}-released", now)

    def is_released(self, entry: str) -> bool:
        return bool(self.ledger.get(f"{entry}-released"))

    def save_acl(self, entry: str, acl: str) -> None:
        """The first one counts: a second delivery would find what the first one set."""
        self.ledger.put_once(f"{entry}-acl", acl)

    def get_acl(self, entry: str) -> str:
        """What the access list was; empty for what was never made private."""
        return self.ledger.get(f"{entry}-acl")

    def copy_finding(self, entry: str, finding: Finding) -> None:
        """A copy of an object that was uploaded in parts has another ETag, and so another entry:
        without a finding there, releasing it would be paid for."""
        self.ledger.copy_finding(entry, finding)

    def finding(self, entry: str) -> Finding | None:
        """What was found about these bytes and announced."""
        return self.ledger.get_finding(entry, "")


def copy_and_verify(
    store: QuarantineStore,
    ref: ObjectRef,
    head: ObjectHead,
    to: ObjectRef,
    *,
    only_new: bool = False,
) -> ObjectHead:
    """Copies the write that `head` describes, and looks at the copy. Raises ServiceUnavailableError
    where it is not the same."""
    tags = store.tags(ref)
    store.copy(ref, to, only_new=only_new)
    try:
        copied, copied_tags = store.head(to), store.tags(to)
    except ObjectNotFoundError:
        raise ServiceUnavailableError("the copy is not there") from None
    if _content_differs(copied, head) or copied_tags != tags:
        raise ServiceUnavailableError("the copy has other bytes or tags than the original")
    return copied


def delete_if_unchanged(store: QuarantineStore, ref: ObjectRef, head: ObjectHead) -> None:
    """Deletes the write that `head` describes, and no other; where the bucket keeps versions, the
    one before it is the current one then.

    By its version where there is one; S3 deletes only what has the ETag. For OSS without versions
    it is looked at right before, and what is written between that look and the deletion, one round
    trip, is deleted in its place: there a bucket with versions, or ``private``, is the safe way.
    """
    with suppress(ObjectNotFoundError, ObjectChangedError):
        if store.head(ref) == head:
            store.delete(ref)


def _content_differs(one: ObjectHead, other: ObjectHead) -> bool:
    """By size, and by checksum where both have the same kind, of the whole. An ETag may be that
    of parts, or of an encryption; the copy was made on condition of it anyway."""
    if one.size != other.size:
        return True
    kinds = {head.checksum.rpartition(":")[0] for head in (one, other)}
    in_parts = "-" in one.checksum + other.checksum
    comparable = one.checksum and other.checksum and len(kinds) == 1 and not in_parts
    return bool(comparable) and one.checksum != other.checksum
