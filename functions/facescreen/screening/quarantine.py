"""Quarantine: moves or restricts objects with a high risk, if the settings ask for it.

A move has these steps, and the process may be killed between any two of them:

    copy this ETag and version -> check the copy -> publish -> delete the original

A retry before the deletion finds the object in place and repeats the steps. The deletion comes
after the message, because an event about a deleted object can't be published any more.
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
from facescreen.records.ledger import compute_entry_id

if TYPE_CHECKING:
    from facescreen.model import Finding, ObjectHead, ObjectRef
    from facescreen.records.ledger import Ledger
    from facescreen.settings.table import QuarantineSettings
    from facescreen.storage.ports import QuarantineStore

PRIVATE_ACL = "private"
"""The access list that gives nobody else access, on OSS and on S3."""
_MAX_KEY_BYTES = 1023
"""The limit of OSS. S3 allows one byte more."""


class Quarantine:
    """Moves or restricts objects with a high risk. Ignores other verdicts, bytes that a person
    released, and objects already in quarantine."""

    def __init__(
        self, store: QuarantineStore, records: QuarantineRecords, settings: QuarantineSettings
    ) -> None:
        self._store = store
        self._records = records
        self._settings = settings

    def apply(self, ref: ObjectRef, head: ObjectHead, finding: Finding) -> QuarantineResult | None:
        """Copy the object into quarantine, or make it private, before the message is published.

        Returns None if there is nothing to do. Raises ObjectNotFoundError, ObjectChangedError,
        errors.TransientError, errors.OperatorError.
        """
        if finding.verdict is not Verdict.HIGH_RISK or parse_original_ref(self._settings, ref):
            return None
        if finding.is_emulated and not self._settings.on_emulated:
            return self._build_result("withheld", "The verdict is from a local emulator.")
        if self._records.is_released(compute_entry_id(ref, head)):
            return self._build_result("released", "A person released these bytes.")
        try:
            if self._settings.action == PRIVATE_ACL:
                return self._make_private(ref, head)
            return self._copy_to_quarantine(ref, head, finding)
        except QuarantineRefusedError as refusal:
            return self._build_result("refused", str(refusal))

    def delete_original(self, ref: ObjectRef, head: ObjectHead, result: QuarantineResult) -> None:
        """Delete the copied original, after the message is published."""
        if result.status == "moved":
            delete_if_unchanged(self._store, ref, head)

    def _copy_to_quarantine(
        self, ref: ObjectRef, head: ObjectHead, finding: Finding
    ) -> QuarantineResult:
        destination = build_quarantine_ref(self._settings, ref, finding.merchant_biz_id)
        if destination is None:
            raise QuarantineRefusedError(
                "its key in quarantine would be longer than the store allows"
            )
        copied = copy_and_verify(self._store, ref, head, destination)
        self._records.copy_finding(compute_entry_id(ref, copied), finding)
        return QuarantineResult("move", "moved", bucket=destination.bucket, key=destination.key)

    def _make_private(self, ref: ObjectRef, head: ObjectHead) -> QuarantineResult:
        """Make the access list private. Stores have no conditional request for this: bytes that
        are written between the check and the change become private too, which is safe."""
        self._records.save_acl(compute_entry_id(ref, head), self._store.get_acl(ref))
        self._store.set_acl(ref, PRIVATE_ACL)
        if self._store.head(ref) != head:
            raise ObjectChangedError("the object was overwritten while it was made private")
        return self._build_result("private", "")

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
    """What is recorded about quarantined bytes, next to their ledger entry. Tags would be
    simpler, but anyone who may tag objects could release their own uploads."""

    ledger: Ledger

    def record_release(self, entry_id: str) -> None:
        """Record that the bytes of this entry are released and are not quarantined again."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.ledger.put_once(f"{entry_id}-released", now)

    def is_released(self, entry_id: str) -> bool:
        return bool(self.ledger.get_value(f"{entry_id}-released"))

    def save_acl(self, entry_id: str, acl: str) -> None:
        """Save the original access list. The first one is kept: a second delivery would read the
        private one."""
        self.ledger.put_once(f"{entry_id}-acl", acl)

    def get_acl(self, entry_id: str) -> str:
        """Return the original access list; empty if the object was never made private."""
        return self.ledger.get_value(f"{entry_id}-acl")

    def copy_finding(self, entry_id: str, finding: Finding) -> None:
        """Copy the finding to the entry of a moved object. The copy of a multipart upload has
        another ETag, and so another entry; without a finding there, a release would be paid for."""
        self.ledger.copy_finding(entry_id, finding)

    def get_finding(self, entry_id: str) -> Finding | None:
        """Return the finding about these bytes, if it was published."""
        return self.ledger.get_finding(entry_id, "")


def copy_and_verify(
    store: QuarantineStore,
    ref: ObjectRef,
    head: ObjectHead,
    destination: ObjectRef,
    *,
    must_be_new: bool = False,
) -> ObjectHead:
    """Copy the revision that `head` describes, and compare the copy with it. Raises
    ServiceUnavailableError if they differ."""
    tags = store.get_tags(ref)
    store.copy(ref, destination, must_be_new=must_be_new)
    try:
        copied, copied_tags = store.head(destination), store.get_tags(destination)
    except ObjectNotFoundError:
        raise ServiceUnavailableError("the copy does not exist") from None
    if _content_differs(copied, head) or copied_tags != tags:
        raise ServiceUnavailableError("the copy differs from the original in its bytes or tags")
    return copied


def delete_if_unchanged(store: QuarantineStore, ref: ObjectRef, head: ObjectHead) -> None:
    """Delete the revision that `head` describes and no other. In a versioned bucket, the previous
    version then becomes the current one.

    The version id pins the deletion if there is one. S3 deletes only if the ETag matches. OSS
    without versions is checked right before: a write between the check and the deletion, one round
    trip, is deleted instead. Use a versioned bucket there, or ``private``.
    """
    with suppress(ObjectNotFoundError, ObjectChangedError):
        if store.head(ref) == head:
            store.delete(ref)


def _content_differs(first: ObjectHead, second: ObjectHead) -> bool:
    """Compare sizes, and checksums if both have the same kind and cover the whole object. An
    ETag may be that of parts or of an encryption, and the copy was made on condition of it
    anyway."""
    if first.size != second.size:
        return True
    checksum_types = {head.checksum.rpartition(":")[0] for head in (first, second)}
    is_multipart = "-" in first.checksum + second.checksum
    are_comparable = (
        first.checksum and second.checksum and len(checksum_types) == 1 and not is_multipart
    )
    return bool(are_comparable) and first.checksum != second.checksum
