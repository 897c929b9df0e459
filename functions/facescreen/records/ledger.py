"""The ledger: who screens which bytes, and what was found.

Two kinds of entries in the state bucket, each an append-only object with a line of JSON a step:

    ledger/2/content/<id>   bytes, and what is asked about them. One call is paid for each.
      {"claim": "5f3a…", "until": 1790.0, "object": "<id>"}   a worker has the right to call
      {"finding": {…}, "owner": "5f3a…", "object": "<id>", "is_proven": false, "until": …}
      {"proven": "<object id>"}                                the worker changes its ACL next
      {"released": "5f3a…", "is_proven": true}                 the worker ended without tagging

    ledger/2/objects/<id>   one revision of one key
      {"claim": "77aa…", "until": 1790.0, "content": "<id>", "at": "2026-…"}
                                                               a worker tags and announces it
      {"done": "<content id>", "sha256": "…", "finding": {…}}  it is tagged and announced
      {"released": "77aa…"}

A finding is proven if the service can only have seen these bytes: they were sent to it, or its URL
names a version, or a look after the call found the revision unchanged. The look happens while the
finding is appended, so its result is in a later line: ``done`` of the same object, ``proven``, or
``released``. Until then the finding is valid for the same revision only.

Each append names the length that was read (StateStore.append), so two workers never both claim an
entry. The first claim of an entry is appended without reading it. If the answer to an append is
lost, the entry is read to see whether the line arrived: lines carry the worker's name.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from facescreen.errors import AlreadyInProgressError
from facescreen.model import Finding
from facescreen.records.claims import (
    ClaimedEntry,
    ContentClaim,
    ObjectClaim,
    append_record,
    build_claim_line,
)
from facescreen.records.entry_log import EntryLog
from facescreen.records.ledger_entry import KnownFinding, LedgerEntry, ScreeningRecord
from facescreen.records.ledger_ids import build_content_key, build_object_key
from facescreen.timing import StoreClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.storage.ports import StateStore
    from facescreen.timing import Clock, Deadline

_MIN_TIME_LEFT_TO_WAIT_S = 5.0
"""A second delivery with less time left than this raises, so that the platform retries it."""
_POLL_INTERVAL_RANGE_S = (0.1, 0.5)


class Ledger:
    """Claims and findings in a state bucket, which must not be versioned. Methods that read raise
    InvalidLedgerEntryError if an entry is damaged."""

    def __init__(
        self, store: StateStore, clock: Clock | None = None, *, accepts_emulated: bool = True
    ) -> None:
        """Without `accepts_emulated`, findings of an emulator count as missing: another deployment
        may have recorded them in the same bucket."""
        self._clock = clock or StoreClock()
        self._log = EntryLog(store, self._clock, accepts_emulated=accepts_emulated)

    def claim_content(
        self, content_id: str, object_id: str, deadline: Deadline
    ) -> ContentClaim | KnownFinding:
        """Claim the right to call the service about some bytes, or return what is known about them.

        Waits for another worker's claim to end, and for one that writes the same finding to the
        same object. Raises AlreadyInProgressError if that takes too long.
        """
        owner = uuid.uuid4().hex
        key = build_content_key(content_id)
        entry = LedgerEntry(0, ())
        while True:
            known = self._find_valid_finding(entry, content_id, object_id)
            current_claim = entry.get_current_claim(self._clock.now())
            if known is not None and not self._is_written_back(
                current_claim, content_id, object_id
            ):
                return known
            if current_claim is None:
                line = build_claim_line(owner, self._clock, deadline, object=object_id)
                entry, is_claimed = self._log.try_append(key, entry, line)
                if is_claimed:
                    claimed = ClaimedEntry(key, owner, entry.length)
                    findings = entry.count_findings()
                    return ContentClaim(self._log, self._clock, claimed, object_id, findings)
            else:
                self._wait(deadline)
                entry = self._log.read(key)

    def get_finding(self, content_id: str, object_id: str) -> KnownFinding | None:
        """Return what is known about some bytes that one revision of an object has."""
        entry = self._log.read(build_content_key(content_id))
        return self._find_valid_finding(entry, content_id, object_id)

    def claim_object(
        self, object_id: str, record: ScreeningRecord, deadline: Deadline
    ) -> ObjectClaim | ScreeningRecord:
        """Claim the right to tag and announce `record` on one revision of an object, or return what
        was recorded when that was done. Waits and raises as `claim_content`."""
        owner = uuid.uuid4().hex
        key = build_object_key(object_id)
        entry = LedgerEntry(0, ())
        while True:
            done = entry.get_record()
            if done is not None and done.content_id == record.content_id:
                return done
            if entry.get_current_claim(self._clock.now()) is None:
                finding = record.finding
                line = build_claim_line(
                    owner, self._clock, deadline, content=record.content_id, at=finding.at
                )
                entry, is_claimed = self._log.try_append(key, entry, line)
                if is_claimed:
                    at = entry.get_first_time(record.content_id)
                    first_record = replace(record, finding=replace(finding, at=at))
                    claimed = ClaimedEntry(key, owner, entry.length)
                    return ObjectClaim(self._log, claimed, first_record)
            else:
                self._wait(deadline)
                entry = self._log.read(key)

    def mark_done(self, object_id: str, record: ScreeningRecord) -> None:
        """Record that one revision of an object is tagged and announced."""
        append_record(self._log, object_id, record)

    def record_proof(self, content_id: str, object_id: str) -> None:
        """Record that a look after the call found this revision unchanged, before a change of the
        ACL gives the object another revision."""
        self._log.append(build_content_key(content_id), {"proven": object_id}, 0)

    def get_record(self, object_id: str) -> ScreeningRecord | None:
        """Return what was tagged and announced last; None if nothing was."""
        return self._log.read(build_object_key(object_id)).get_record()

    def get_or_create_finding(
        self, content_id: str, create: Callable[[], Finding], deadline: Deadline
    ) -> Finding:
        """Return the finding under `content_id`, or record the one that `create` returns. For bytes
        outside any bucket."""
        claim = self.claim_content(content_id, "", deadline)
        if isinstance(claim, KnownFinding):
            return claim.finding
        with claim:
            finding = create()
            claim.record_finding(finding, is_proven=True)
        return finding

    def put_once(self, key: str, value: str) -> str:
        """Store `value` under a key of ledger_ids unless there is one already. Returns the stored
        value."""
        entry = self._log.read(key)
        while not entry.lines:
            entry, _ = self._log.try_append(key, entry, {"value": value})
        return str(entry.lines[0]["value"])

    def get_value(self, key: str) -> str:
        """Return the value that `put_once` stored; empty if there is none."""
        lines = self._log.read(key).lines
        return str(lines[0]["value"]) if lines else ""

    def _find_valid_finding(
        self, entry: LedgerEntry, content_id: str, object_id: str
    ) -> KnownFinding | None:
        """Return the last finding that is proven, or about the same revision of the same object."""
        for line in reversed(entry.lines):
            if "finding" not in line:
                continue
            is_same, is_proven = line["object"] == object_id, entry.is_proven(line)
            if not is_same and not is_proven and line["object"]:
                record = self.get_record(line["object"])
                is_proven = record is not None and record.content_id == content_id
            if is_same or is_proven:
                return KnownFinding(Finding.from_dict(line["finding"]), is_proven)
        return None

    def _is_written_back(
        self, current_claim: dict[str, Any] | None, content_id: str, object_id: str
    ) -> bool:
        """Whether another worker is about to write the finding to the same object."""
        if not object_id or current_claim is None or current_claim["object"] != object_id:
            return False
        record = self.get_record(object_id)
        return record is None or record.content_id != content_id

    def _wait(self, deadline: Deadline) -> None:
        if deadline.remaining_s() < _MIN_TIME_LEFT_TO_WAIT_S:
            raise AlreadyInProgressError("another delivery is still screening these bytes")
        self._clock.sleep(random.uniform(*_POLL_INTERVAL_RANGE_S))  # noqa: S311
