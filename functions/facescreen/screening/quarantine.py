"""Quarantine: moves or restricts objects with a high risk, if the settings ask for it.

A move has these steps, and the process may be killed between any two of them:

    copy this ETag and version -> compare the copy's bytes -> publish -> delete the original

A retry before the deletion finds the object in place and repeats the steps. The deletion comes
after the message, because an event about a deleted object can't be published any more. Where the
store can't delete this revision and no other (OSS without versions), the original becomes private
instead: a retake that is uploaded meanwhile must not be deleted.
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
from facescreen.model import QuarantineResult, Verdict
from facescreen.records.ledger_ids import build_quarantine_key, compute_object_id
from facescreen.screening.pinning import MAX_BYTES

if TYPE_CHECKING:
    from facescreen.model import ObjectHead, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.records.ledger_entry import ScreeningRecord
    from facescreen.screening.pinning import ObjectPinner, PinnedObject
    from facescreen.settings.table import QuarantineSettings
    from facescreen.storage.ports import QuarantineStore
    from facescreen.timing import Deadline

PRIVATE_ACL = "private"
"""The access list that gives nobody else access, on OSS and on S3."""
_MAX_KEY_BYTES = 1023
"""The limit of OSS. S3 allows one byte more."""


@dataclass(frozen=True)
class Quarantined:
    """What quarantine did, and the object as it was afterwards."""

    result: QuarantineResult
    pinned: PinnedObject


class Quarantine:
    """Moves or restricts objects with a high risk. Ignores other verdicts, bytes that a person
    released, and objects already in quarantine."""

    def __init__(
        self,
        store: QuarantineStore,
        pinner: ObjectPinner,
        records: QuarantineRecords,
        settings: QuarantineSettings,
    ) -> None:
        self._store = store
        self._pinner = pinner
        self._records = records
        self._settings = settings

    def apply(
        self, pinned: PinnedObject, record: ScreeningRecord, deadline: Deadline
    ) -> Quarantined | None:
        """Copy the object into quarantine, or make it private, before the message is published.

        Returns None if there is nothing to do. Raises ObjectNotFoundError, ObjectChangedError,
        errors.TransientError, errors.OperatorError.
        """
        ref, finding = pinned.ref, record.finding
        if finding.verdict is not Verdict.HIGH_RISK or parse_original_ref(self._settings, ref):
            return None
        if finding.is_emulated and not self._settings.on_emulated:
            detail = "The verdict is from a local emulator."
            return Quarantined(self._build_result("withheld", detail), pinned)
        if self._records.is_released(ref, pinned.sha256):
            detail = "A person released these bytes."
            return Quarantined(self._build_result("released", detail), pinned)
        try:
            if self._settings.action == PRIVATE_ACL:
                private = self._make_private(pinned, record.content_id, deadline)
                return Quarantined(self._build_result("private", ""), private)
            return self._copy_to_quarantine(pinned, record, deadline)
        except QuarantineRefusedError as refusal:
            return Quarantined(self._build_result("refused", str(refusal)), pinned)

    def delete_original(self, pinned: PinnedObject, result: QuarantineResult) -> None:
        """Delete the copied original, after the message is published."""
        if result.status == "moved":
            delete_if_unchanged(self._store, pinned.ref, pinned.head)

    def _copy_to_quarantine(
        self, pinned: PinnedObject, record: ScreeningRecord, deadline: Deadline
    ) -> Quarantined:
        biz_id = record.finding.merchant_biz_id
        destination = build_quarantine_ref(self._settings, pinned.ref, biz_id)
        if destination is None:
            raise QuarantineRefusedError(
                "its key in quarantine would be longer than the store allows"
            )
        copy_and_verify(self._store, pinned, destination)
        result = QuarantineResult("move", "moved", bucket=destination.bucket, key=destination.key)
        if self._store.can_delete(pinned.ref):
            return Quarantined(result, pinned)
        detail = "The original is private, not deleted: its bucket has no versions."
        private = self._make_private(pinned, record.content_id, deadline)
        return Quarantined(replace(result, status="private", detail=detail), private)

    def _make_private(
        self, pinned: PinnedObject, content_id: str, deadline: Deadline
    ) -> PinnedObject:
        """Make the access list private, and return the object with its new revision. Stores have no
        conditional request for this: bytes that are written between the check and the change become
        private too, which is safe."""
        acl = self._store.get_acl(pinned.ref)
        self._records.save_acl(pinned.ref, pinned.sha256, acl)
        self._records.record_proof(content_id, pinned)
        if acl != PRIVATE_ACL:
            self._store.set_acl(pinned.ref, PRIVATE_ACL)
        private = self._pinner.look_again(pinned, deadline)
        if private is None:
            raise ObjectChangedError("the object was overwritten while it was made private")
        return private

    def _build_result(self, status: str, detail: str) -> QuarantineResult:
        return QuarantineResult(self._settings.action, status, detail)


def build_quarantine_ref(
    settings: QuarantineSettings, ref: ObjectRef, merchant_biz_id: str
) -> ObjectRef | None:
    """Return where `ref` is moved to; None if the name would be longer than stores allow."""
    key = f"{settings.prefix}{ref.bucket}/{merchant_biz_id}/{ref.key}"
    if len(key.encode()) > _MAX_KEY_BYTES:
        return None
    return replace(ref, bucket=settings.bucket, key=key, etag="", version_id="")


def parse_original_ref(settings: QuarantineSettings, moved: ObjectRef) -> ObjectRef | None:
    """Return where an object in quarantine came from; None if it is not in quarantine."""
    if moved.bucket != settings.bucket or not moved.key.startswith(settings.prefix):
        return None
    bucket, _, rest = moved.key[len(settings.prefix) :].partition("/")
    key = rest.partition("/")[2]
    if not (bucket and key):
        return None
    return replace(moved, bucket=bucket, key=key, etag="", version_id="")


@dataclass(frozen=True)
class QuarantineRecords:
    """What is recorded about quarantined bytes of a key, in entries that never expire. Tags would
    be simpler, but anyone who may tag objects could release their own uploads."""

    ledger: Ledger

    def record_release(self, ref: ObjectRef, sha256: str) -> None:
        """Record that these bytes are released, and are not quarantined again under this key."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.ledger.put_once(build_quarantine_key("released", ref, sha256), now)

    def is_released(self, ref: ObjectRef, sha256: str) -> bool:
        return bool(self.ledger.get_value(build_quarantine_key("released", ref, sha256)))

    def record_proof(self, content_id: str, pinned: PinnedObject) -> None:
        """Record that the service judged these bytes, before a change of the ACL gives the object
        another revision: a process that is killed after it must not pay for them again."""
        self.ledger.record_proof(content_id, compute_object_id(pinned.ref, pinned.head.revision))

    def keep_record(self, before: PinnedObject, after: PinnedObject) -> None:
        """Keep what was recorded about an object whose revision changed with its ACL."""
        record = self.ledger.get_record(compute_object_id(before.ref, before.head.revision))
        if record is not None and before.head.revision != after.head.revision:
            self.ledger.mark_done(compute_object_id(after.ref, after.head.revision), record)

    def save_acl(self, ref: ObjectRef, sha256: str, acl: str) -> None:
        """Save the original access list. The first one is kept: a second delivery would read the
        private one."""
        self.ledger.put_once(build_quarantine_key("acl", ref, sha256), acl)

    def get_acl(self, ref: ObjectRef, sha256: str) -> str:
        """Return the original access list; empty if the object was never made private."""
        return self.ledger.get_value(build_quarantine_key("acl", ref, sha256))


def copy_and_verify(
    store: QuarantineStore,
    pinned: PinnedObject,
    destination: ObjectRef,
    *,
    must_be_new: bool = False,
) -> None:
    """Copy the bytes that were read, and compare the copy with them. Raises
    ServiceUnavailableError if they differ.

    The copy is read once, without waiting until its revision has settled: nobody else writes to the
    quarantine, and where a release puts an object back, its owner may overwrite it at any time.
    """
    tags = store.get_tags(pinned.ref)
    store.copy(pinned.ref, destination, must_be_new=must_be_new)
    try:
        copied, copied_tags = store.fetch(destination, MAX_BYTES), store.get_tags(destination)
    except ObjectNotFoundError:
        raise ServiceUnavailableError("the copy does not exist") from None
    is_same = (copied.head.size, copied.data) == (pinned.head.size, pinned.data)
    if not is_same or copied_tags != tags:
        raise ServiceUnavailableError("the copy differs from the original in its bytes or tags")


def delete_if_unchanged(store: QuarantineStore, ref: ObjectRef, head: ObjectHead) -> None:
    """Delete the revision that `head` describes. In a versioned bucket, the previous version then
    becomes the current one.

    The version id pins the deletion if there is one. S3 deletes only if the ETag matches. OSS
    without versions is checked right before: use it only where nobody else writes.
    """
    with suppress(ObjectNotFoundError, ObjectChangedError):
        if store.head(ref).revision == head.revision:
            store.delete(ref)
