"""The ledger: who is screening which bytes, and what was found. It keeps bytes from being paid
for twice.

Each entry is one append-only object in the state bucket, with one JSON line per step:

    {"claim": owner, "until": epoch}      a worker starts
    {"finding": {...}, "write": "..."}    the finding, and the revision it was made for
    {"done": "..."}                       that revision is tagged and its message is published
    {"released": owner}                   the worker stopped; the next one may start at once
    {"bound": "..."}                      in an entry of its own: a value that never changes

Each append names the length that was read (StateStore.append), so two workers never both claim an
entry: the second append is refused, and its worker reads again and sees the first claim. A claim
that has expired is taken over by appending another one. Nothing is deleted or rewritten.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen.errors import AlreadyInProgressError, FacescreenError
from facescreen.model import Finding
from facescreen.timing import retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.model import ObjectHead, ObjectRef
    from facescreen.storage.ports import StateStore
    from facescreen.timing import Deadline

MAX_CLOCK_SKEW_S = 3.0
"""How far the clocks of two instances may differ."""
WRITE_BACK_TIMEOUT_S = 10.0
"""How long a worker may take to tag and publish once its finding is recorded. After that, another
worker may finish the job."""
_MIN_TIME_LEFT_TO_WAIT_S = 5.0
"""A second delivery with less time left than this raises, so that the platform retries it."""
_NO_OBJECT_REVISION = "once"
"""The revision under which findings about bytes outside any bucket are recorded."""
_COPIED_FINDING_REVISION = "vouched"
"""The revision under which a finding copied from another entry is recorded."""
_POLL_INTERVAL_RANGE_S = (0.1, 0.5)
_RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0)


def compute_entry_id(ref: ObjectRef, head: ObjectHead) -> str:
    """Compute the ledger entry's id: 64 hexadecimal digits, equal for equal bytes under one key.

    The version id is not part of it: two versions with the same bytes are paid for once.
    """
    parts = [ref.store, ref.bucket, ref.key, head.etag, head.checksum]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class _LedgerEntry:
    """One entry as it was read."""

    length: int
    lines: tuple[dict[str, Any], ...]

    @classmethod
    def parse(cls, data: bytes) -> _LedgerEntry:
        return cls(len(data), tuple(json.loads(line) for line in data.splitlines()))

    def get_current_owner(self, now: float) -> str:
        """Return the owner of the current claim; empty if it is finished, released or expired."""
        owner, until = "", 0.0
        for line in self.lines:
            if "claim" in line:
                owner, until = line["claim"], line["until"]
            elif "finding" in line:
                until = min(until, line["until"])
            elif "done" in line or line.get("released") == owner:
                owner = ""
        return owner if now < until + MAX_CLOCK_SKEW_S else ""

    def is_done(self, revision: str) -> bool:
        return any(line.get("done") == revision for line in self.lines)

    def get_finding(self, revision: str) -> Finding | None:
        """Return the last finding that is valid for `revision`.

        A finding made for another revision is valid only if that revision was checked again
        afterwards (``done``). Otherwise the service may have been shown other bytes in between.
        """
        for line in reversed(self.lines):
            if "finding" in line and (line["write"] == revision or self.is_done(line["write"])):
                return Finding.from_dict(line["finding"])
        return None


class Ledger:
    """Claims and findings in a state bucket, which must not be versioned."""

    def __init__(
        self, store: StateStore, prefix: str = "ledger/", clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._clock = clock

    def claim(self, entry_id: str, revision: str, deadline: Deadline) -> Claim | None:
        """Claim an entry until `deadline`. Waits for another worker's claim to end.

        Returns None if `revision` is already tagged and its message published. Raises
        AlreadyInProgressError if the other claim does not end in time.
        """
        owner = uuid.uuid4().hex
        while True:
            entry = self._read_entry(entry_id)
            if entry.is_done(revision):
                return None
            current_owner = entry.get_current_owner(self._clock())
            if current_owner == owner:  # the append arrived, but its response was lost
                return Claim(self, entry_id, owner, entry)
            if not current_owner:
                line = {"claim": owner, "until": self._clock() + deadline.remaining_s()}
                if self._try_append(entry_id, entry, line):
                    return Claim(self, entry_id, owner, entry)
            elif deadline.remaining_s() < _MIN_TIME_LEFT_TO_WAIT_S:
                raise AlreadyInProgressError("another delivery is still screening these bytes")
            else:
                time.sleep(random.uniform(*_POLL_INTERVAL_RANGE_S))  # noqa: S311

    def get_finding(self, entry_id: str, revision: str) -> Finding | None:
        """Return what is known about the bytes of an entry, without claiming it."""
        return self._read_entry(entry_id).get_finding(revision)

    def get_or_create_finding(
        self, entry_id: str, create: Callable[[], Finding], deadline: Deadline
    ) -> Finding:
        """Return the finding under `entry_id`, or record the one that `create` returns. For bytes
        outside any bucket."""
        known = self.get_finding(entry_id, _NO_OBJECT_REVISION)
        if known is not None:
            return known
        claim = self.claim(entry_id, _NO_OBJECT_REVISION, deadline)
        if claim is None:
            return self.get_or_create_finding(entry_id, create, deadline)
        with claim:
            finding = claim.get_finding(_NO_OBJECT_REVISION)
            if finding is None:
                finding = create()
                claim.record_finding(finding, _NO_OBJECT_REVISION)
            claim.mark_done(_NO_OBJECT_REVISION)
        return finding

    def put_once(self, entry_id: str, value: str) -> str:
        """Store `value` under `entry_id` unless it has one already. Returns the stored value."""
        entry = self._read_entry(entry_id)
        while not entry.lines and not self._try_append(entry_id, entry, {"bound": value}):
            entry = self._read_entry(entry_id)
        return str(entry.lines[0]["bound"]) if entry.lines else value

    def get_value(self, entry_id: str) -> str:
        """Return the value that `put_once` stored; empty if there is none."""
        lines = self._read_entry(entry_id).lines
        return str(lines[0]["bound"]) if lines else ""

    def copy_finding(self, entry_id: str, finding: Finding) -> None:
        """Record a finding about the same bytes from another entry, valid for any revision."""
        if self.get_finding(entry_id, _COPIED_FINDING_REVISION) is None:
            until = self._clock() + WRITE_BACK_TIMEOUT_S
            line = {"finding": finding.to_dict(), "write": _COPIED_FINDING_REVISION, "until": until}
            self.append(entry_id, {**line, "done": _COPIED_FINDING_REVISION})

    def append(self, entry_id: str, line: dict[str, Any]) -> None:
        """Append `line`, also where others append at the same time."""
        while not self._try_append(entry_id, self._read_entry(entry_id), line):
            pass

    def append_with_retries(self, entry_id: str, line: dict[str, Any]) -> None:
        """Append `line`, and retry for some seconds: a finding that is lost is paid for again."""
        retry(lambda: self.append(entry_id, line), _RETRY_DELAYS_S)

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._clock()

    def _read_entry(self, entry_id: str) -> _LedgerEntry:
        return _LedgerEntry.parse(self._store.read(self._prefix + entry_id))

    def _try_append(self, entry_id: str, entry: _LedgerEntry, line: dict[str, Any]) -> bool:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        return self._store.append(self._prefix + entry_id, entry.length, data)


class Claim:
    """The exclusive right to screen some bytes, held for the length of a ``with`` block.

    A block that ends without `mark_done` releases the claim, so that the next worker may start at
    once.
    """

    def __init__(self, ledger: Ledger, entry_id: str, owner: str, entry: _LedgerEntry) -> None:
        self._ledger = ledger
        self._entry_id = entry_id
        self._owner = owner
        self._entry = entry
        self._is_active = True

    def get_finding(self, revision: str) -> Finding | None:
        """Return what was found about these bytes before."""
        return self._entry.get_finding(revision)

    def record_finding(self, finding: Finding, revision: str) -> None:
        """Record a finding. From here on, a worker that takes over does not pay again."""
        until = self._ledger.now() + WRITE_BACK_TIMEOUT_S
        line = {"finding": finding.to_dict(), "write": revision, "until": until}
        self._ledger.append_with_retries(self._entry_id, line)

    def mark_done(self, revision: str) -> None:
        """Record that this revision is tagged and its message is published."""
        self._ledger.append(self._entry_id, {"done": revision})
        self._is_active = False

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_active:
            # If this fails too, the claim expires by itself, and the first error says more.
            with suppress(FacescreenError):
                self._ledger.append(self._entry_id, {"released": self._owner})
