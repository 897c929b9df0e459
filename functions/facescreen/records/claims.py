"""Claims: the right to call the service about some bytes, and the right to write a finding to one
object."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen.errors import AlreadyInProgressError, FacescreenError
from facescreen.records.ledger_entry import LedgerEntry
from facescreen.records.ledger_ids import build_object_key

if TYPE_CHECKING:
    from typing_extensions import Self

    from facescreen.model import Finding
    from facescreen.records.entry_log import EntryLog
    from facescreen.records.ledger_entry import ScreeningRecord
    from facescreen.timing import Clock, Deadline

WRITE_BACK_TIMEOUT_S = 10.0
"""How long a worker may take to tag and publish once its finding is recorded. After that, another
worker may finish the job."""


@dataclass(frozen=True)
class ClaimedEntry:
    """An entry with a claim as its last line."""

    key: str
    owner: str
    length: int


class _Claim:
    """An exclusive right, held for the length of a ``with`` block. A block that ends before it is
    done releases the right, so that the next worker may start at once."""

    def __init__(self, log: EntryLog, claimed: ClaimedEntry) -> None:
        self._log = log
        self._key = claimed.key
        self._owner = claimed.owner
        self._length = claimed.length
        self._is_done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_done:
            # If this fails too, the claim expires by itself, and the first error says more.
            with suppress(FacescreenError):
                self._append_line(self._build_release())

    def _append_line(self, line: dict[str, Any]) -> None:
        self._length = self._log.append(self._key, line, self._length)

    def _build_release(self) -> dict[str, Any]:
        return {"released": self._owner}


class ObjectClaim(_Claim):
    """The exclusive right to tag and announce one revision of an object."""

    def __init__(self, log: EntryLog, claimed: ClaimedEntry, record: ScreeningRecord) -> None:
        super().__init__(log, claimed)
        self.record = record
        """What to write. A finding without a call gets its time from the first worker that claimed
        the object for it: that one may have announced it before it was killed."""

    def mark_done(self, object_id: str, record: ScreeningRecord) -> None:
        """Record that it is tagged and announced. Its revision may have changed since the claim:
        `object_id` is that of the last one."""
        is_same = self._key.endswith(object_id)
        append_record(self._log, object_id, record, self._length if is_same else 0)
        self._is_done = is_same


class ContentClaim(_Claim):
    """The exclusive right to call the service about some bytes, and to write the finding to the
    object for which it was called."""

    def __init__(
        self,
        log: EntryLog,
        clock: Clock,
        claimed: ClaimedEntry,
        object_id: str,
        unproven_findings: int,
    ) -> None:
        super().__init__(log, claimed)
        self._clock = clock
        self._object_id = object_id
        self._is_proven = False
        self.unproven_findings = unproven_findings
        """Earlier calls that were paid for, after which the object had another revision."""

    def record_finding(self, finding: Finding, *, is_proven: bool) -> None:
        """Record a finding. From here on, a worker that takes over does not pay again."""
        self._is_proven = is_proven
        line = {
            "finding": finding.to_dict(),
            "owner": self._owner,
            "object": self._object_id,
            "is_proven": is_proven,
            "until": self._clock.now() + WRITE_BACK_TIMEOUT_S,
        }
        self._append_line(line)

    def mark_proven(self) -> None:
        """Note that a look after the call found the revision unchanged. Recorded on release."""
        self._is_proven = True

    def change_object(self, object_id: str, deadline: Deadline) -> None:
        """Continue with another revision of the object, which has the same bytes: the last finding
        is not proven, and another call follows. Renews the claim until `deadline`, because the
        finding has shortened it. Raises AlreadyInProgressError if another worker took over."""
        self._object_id = object_id
        self.unproven_findings += 1
        self._renew(deadline)

    def mark_done(self, object_id: str, record: ScreeningRecord) -> None:
        """Record that the object is tagged and announced. `object_id` is that of its last revision.
        If that is another one than the finding names, the record does not prove the finding. So the
        release, which does, comes first: a process may be killed between the two."""
        if object_id != self._object_id:
            self._append_line(self._build_release())
        append_record(self._log, object_id, record)
        self._is_done = True

    def _renew(self, deadline: Deadline) -> None:
        line = build_claim_line(self._owner, self._clock, deadline, object=self._object_id)
        entry, is_renewed = LedgerEntry(self._length, ()), False
        while not is_renewed:
            entry, is_renewed = self._log.try_append(self._key, entry, line)
            current_claim = entry.get_current_claim(self._clock.now())
            if current_claim is not None and current_claim["claim"] != self._owner:
                raise AlreadyInProgressError("another delivery is screening these bytes now")
        self._length = entry.length

    def _build_release(self) -> dict[str, Any]:
        return {"released": self._owner, "is_proven": self._is_proven}


def build_claim_line(
    owner: str, clock: Clock, deadline: Deadline, **purpose: str
) -> dict[str, Any]:
    """Build the line that claims an entry until `deadline`. `purpose` says what for."""
    return {"claim": owner, "until": clock.now() + deadline.remaining_s(), **purpose}


def append_record(log: EntryLog, object_id: str, record: ScreeningRecord, length: int = 0) -> None:
    """Record that one revision of an object is tagged and announced. `length` is the likely length
    of its entry."""
    line = {
        "done": record.content_id,
        "sha256": record.sha256,
        "finding": record.finding.to_dict(),
    }
    log.append(build_object_key(object_id), line, length)
