"""The ledger: who screens which bytes, and what was found.

Two kinds of entries in the state bucket, each an append-only object with a line of JSON a step:

    ledger/2/content/<id>   bytes, and what is asked about them. One call is paid for each.
      {"claim": "5f3a…", "until": 1790.0, "object": "<id>"}   a worker has the right to call
      {"finding": {…}, "owner": "5f3a…", "object": "<id>", "is_proven": false, "until": …}
      {"proven": "<object id>"}                                the worker changes its ACL next
      {"released": "5f3a…", "is_proven": true}                 the worker ended without tagging

    ledger/2/objects/<id>   one revision of one key
      {"claim": "77aa…", "until": 1790.0}                      a worker tags and announces it
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

import hashlib
import json
import random
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen.errors import AlreadyInProgressError, FacescreenError, TransientError
from facescreen.model import Finding
from facescreen.records.ledger_lines import parse_lines
from facescreen.requirements import REQUIREMENTS_VERSION
from facescreen.timing import StoreClock, retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from facescreen.model import ObjectRef
    from facescreen.storage.ports import StateStore
    from facescreen.timing import Clock, Deadline

MAX_CLOCK_SKEW_S = 3.0
"""How far the clocks of two workers may differ: they follow the store's clock, whose answers have
whole seconds."""
WRITE_BACK_TIMEOUT_S = 10.0
"""How long a worker may take to tag and publish once its finding is recorded. After that, another
worker may finish the job."""
_KEY_PREFIX = "ledger/2/"
"""Version 1 kept its entries directly under ``ledger/``, by ETag and CRC. They are not read."""
_MIN_TIME_LEFT_TO_WAIT_S = 5.0
"""A second delivery with less time left than this raises, so that the platform retries it."""
_POLL_INTERVAL_RANGE_S = (0.1, 0.5)
_RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0)


def compute_content_id(sha256: str, kind: str, *, convert: bool) -> str:
    """Compute the id of a content entry: 64 hexadecimal digits, equal for equal bytes of which the
    same is asked, in any bucket and under any key."""
    return _hash("content", sha256, kind, str(convert), str(REQUIREMENTS_VERSION))


def compute_uncalled_id(sha256: str, reasons: tuple[str, ...]) -> str:
    """Compute the content id of bytes that are judged without a call. It changes when requirements
    or settings lead to other reasons, or to a call."""
    return _hash("uncalled", sha256, *reasons, str(REQUIREMENTS_VERSION))


def compute_object_id(ref: ObjectRef, revision: str) -> str:
    """Compute the id of an object entry: 64 hexadecimal digits."""
    return _hash("object", ref.store, ref.bucket, ref.key, revision)


@dataclass(frozen=True)
class ScreeningRecord:
    """What was tagged and announced about one revision of an object."""

    content_id: str
    sha256: str
    """Empty if the object was not read whole."""
    finding: Finding


@dataclass(frozen=True)
class KnownFinding:
    """What is known about some bytes that one revision of an object has."""

    finding: Finding
    is_proven: bool
    """If not, the finding holds for the revision only if a later look finds that very revision, and
    not merely the same bytes."""


class Ledger:
    """Claims and findings in a state bucket, which must not be versioned. Methods that read raise
    InvalidLedgerEntryError if an entry is damaged."""

    def __init__(self, store: StateStore, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = clock or StoreClock()

    def claim_content(
        self, content_id: str, object_id: str, deadline: Deadline
    ) -> ContentClaim | KnownFinding:
        """Claim the right to call the service about some bytes, or return what is known about them.

        Waits for another worker's claim to end, and for one that writes the same finding to the
        same object. Raises AlreadyInProgressError if that takes too long.
        """
        owner = uuid.uuid4().hex
        key = f"{_KEY_PREFIX}content/{content_id}"
        entry = _Entry(0, ())
        while True:
            known = self._find_valid_finding(entry, content_id, object_id)
            current_claim = entry.get_current_claim(self._clock.now())
            if known is not None and not self._is_written_back(
                current_claim, content_id, object_id
            ):
                return known
            if current_claim is None:
                line = {"claim": owner, "until": self._compute_expiry(deadline)}
                length = self._try_append(key, entry.length, {**line, "object": object_id})
                if length:
                    claimed = _ClaimedEntry(key, owner, length)
                    return ContentClaim(self, claimed, object_id, entry.count_findings())
            else:
                self._wait(deadline)
            entry = self._read_entry(key)

    def get_finding(self, content_id: str, object_id: str) -> KnownFinding | None:
        """Return what is known about some bytes that one revision of an object has."""
        entry = self._read_entry(f"{_KEY_PREFIX}content/{content_id}")
        return self._find_valid_finding(entry, content_id, object_id)

    def renew_content_claim(
        self, key: str, owner: str, object_id: str, deadline: Deadline, length: int
    ) -> int:
        """Claim an entry again, which `owner` has claimed. `length` is its likely length. Returns
        the new one. Raises AlreadyInProgressError if another worker took over."""
        line = {"claim": owner, "until": self._compute_expiry(deadline), "object": object_id}
        while not (new_length := self._try_append(key, length, line)):
            entry = self._read_entry(key)
            current_claim = entry.get_current_claim(self._clock.now())
            if current_claim is not None and current_claim["claim"] != owner:
                raise AlreadyInProgressError("another delivery is screening these bytes now")
            length = entry.length
        return new_length

    def claim_object(
        self, object_id: str, content_id: str, deadline: Deadline
    ) -> ObjectClaim | ScreeningRecord:
        """Claim the right to tag and announce one revision of an object, or return what was
        recorded when that was done. Waits and raises as `claim_content`."""
        owner = uuid.uuid4().hex
        key = f"{_KEY_PREFIX}objects/{object_id}"
        entry = _Entry(0, ())
        while True:
            record = entry.get_record()
            if record is not None and record.content_id == content_id:
                return record
            if entry.get_current_claim(self._clock.now()) is None:
                line = {"claim": owner, "until": self._compute_expiry(deadline)}
                length = self._try_append(key, entry.length, line)
                if length:
                    return ObjectClaim(self, _ClaimedEntry(key, owner, length))
            else:
                self._wait(deadline)
            entry = self._read_entry(key)

    def mark_done(self, object_id: str, record: ScreeningRecord, length: int = 0) -> None:
        """Record that one revision of an object is tagged and announced. `length` is the likely
        length of its entry."""
        line = {
            "done": record.content_id,
            "sha256": record.sha256,
            "finding": record.finding.to_dict(),
        }
        self.append_with_retries(f"{_KEY_PREFIX}objects/{object_id}", line, length)

    def record_proof(self, content_id: str, object_id: str) -> None:
        """Record that a look after the call found this revision unchanged, before a change of the
        ACL gives the object another revision."""
        self.append_with_retries(f"{_KEY_PREFIX}content/{content_id}", {"proven": object_id}, 0)

    def get_record(self, object_id: str) -> ScreeningRecord | None:
        """Return what was tagged and announced last; None if nothing was."""
        return self._read_entry(f"{_KEY_PREFIX}objects/{object_id}").get_record()

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

    def put_once(self, name: str, value: str) -> str:
        """Store `value` under `name` unless there is one already. Returns the stored value."""
        key = f"{_KEY_PREFIX}values/{name}"
        entry = self._read_entry(key)
        while not entry.lines and not self._try_append(key, entry.length, {"value": value}):
            entry = self._read_entry(key)
        return str(entry.lines[0]["value"]) if entry.lines else value

    def get_value(self, name: str) -> str:
        """Return the value that `put_once` stored; empty if there is none."""
        lines = self._read_entry(f"{_KEY_PREFIX}values/{name}").lines
        return str(lines[0]["value"]) if lines else ""

    def append_with_retries(self, key: str, line: dict[str, Any], length: int) -> int:
        """Append `line`, also where others append at the same time, and retry for some seconds: a
        finding that is lost is paid for again. `length` is the likely length of the entry. Returns
        the new one."""
        return retry(lambda: self._append(key, line, length), _RETRY_DELAYS_S, self._clock.sleep)

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._clock.now()

    def _find_valid_finding(
        self, entry: _Entry, content_id: str, object_id: str
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

    def _compute_expiry(self, deadline: Deadline) -> float:
        return self._clock.now() + deadline.remaining_s()

    def _wait(self, deadline: Deadline) -> None:
        if deadline.remaining_s() < _MIN_TIME_LEFT_TO_WAIT_S:
            raise AlreadyInProgressError("another delivery is still screening these bytes")
        self._clock.sleep(random.uniform(*_POLL_INTERVAL_RANGE_S))  # noqa: S311

    def _append(self, key: str, line: dict[str, Any], length: int) -> int:
        while not (new_length := self._try_append(key, length, line)):
            length = len(self._store.read(key))
        return new_length

    def _read_entry(self, key: str) -> _Entry:
        return _Entry.parse(key, self._store.read(key))

    def _try_append(self, key: str, length: int, line: dict[str, Any]) -> int:
        """Append at `length`. Returns the new length, or 0 if the entry has another length."""
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            is_appended = self._store.append(key, length, data)
        except TransientError:
            # The line may have arrived, and only the answer was lost.
            arrived = self._store.read(key)[length:]
            if not arrived:
                raise
            is_appended = arrived.startswith(data)
        return length + len(data) if is_appended else 0


@dataclass(frozen=True)
class _ClaimedEntry:
    """An entry with a claim as its last line."""

    key: str
    owner: str
    length: int


class _Claim:
    """An exclusive right, held for the length of a ``with`` block. A block that ends before it is
    done releases the right, so that the next worker may start at once."""

    def __init__(self, ledger: Ledger, claimed: _ClaimedEntry) -> None:
        self._ledger = ledger
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
        self._length = self._ledger.append_with_retries(self._key, line, self._length)

    def _build_release(self) -> dict[str, Any]:
        return {"released": self._owner}


class ObjectClaim(_Claim):
    """The exclusive right to tag and announce one revision of an object."""

    def mark_done(self, object_id: str, record: ScreeningRecord) -> None:
        """Record that it is tagged and announced. Its revision may have changed since the claim:
        `object_id` is that of the last one."""
        is_same = self._key.endswith(object_id)
        self._ledger.mark_done(object_id, record, self._length if is_same else 0)
        self._is_done = is_same


class ContentClaim(_Claim):
    """The exclusive right to call the service about some bytes, and to write the finding to the
    object for which it was called."""

    def __init__(
        self, ledger: Ledger, claimed: _ClaimedEntry, object_id: str, unproven_findings: int
    ) -> None:
        super().__init__(ledger, claimed)
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
            "until": self._ledger.now() + WRITE_BACK_TIMEOUT_S,
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
        self._length = self._ledger.renew_content_claim(
            self._key, self._owner, object_id, deadline, self._length
        )

    def mark_done(self, object_id: str, record: ScreeningRecord) -> None:
        """Record that the object is tagged and announced. `object_id` is that of its last revision.
        If that is another one than the finding names, the record does not prove the finding. So the
        release, which does, comes first: a process may be killed between the two."""
        if object_id != self._object_id:
            self._append_line(self._build_release())
        self._ledger.mark_done(object_id, record)
        self._is_done = True

    def _build_release(self) -> dict[str, Any]:
        return {"released": self._owner, "is_proven": self._is_proven}


@dataclass(frozen=True)
class _Entry:
    """One entry as it was read."""

    length: int
    lines: tuple[dict[str, Any], ...]

    @classmethod
    def parse(cls, key: str, data: bytes) -> _Entry:
        return cls(len(data), parse_lines(key, data))

    def get_current_claim(self, now: float) -> dict[str, Any] | None:
        """Return the line of the current claim; None if it is done, released or expired."""
        claim, until = None, 0.0
        for line in self.lines:
            if "claim" in line:
                claim, until = line, line["until"]
            elif "done" in line or (claim is not None and line.get("released") == claim["claim"]):
                claim = None
            elif claim is not None and line.get("owner") == claim["claim"]:
                until = min(until, line["until"])
        return claim if now < until + MAX_CLOCK_SKEW_S else None

    def get_record(self) -> ScreeningRecord | None:
        for line in reversed(self.lines):
            if "done" in line:
                finding = Finding.from_dict(line["finding"])
                return ScreeningRecord(line["done"], line["sha256"], finding)
        return None

    def count_findings(self) -> int:
        """Count the findings. One that was appended twice, because its answer was lost, counts
        once."""
        return len({json.dumps(line["finding"]) for line in self.lines if "finding" in line})

    def is_proven(self, finding_line: dict[str, Any]) -> bool:
        """Whether a finding is proven, by its own line or by a later one."""
        return finding_line["is_proven"] or any(
            (line.get("released") == finding_line["owner"] and line["is_proven"])
            or line.get("proven") == finding_line["object"]
            for line in self.lines
        )


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
