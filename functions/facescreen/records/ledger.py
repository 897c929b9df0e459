"""Nothing is paid twice: who is at work on which bytes, and what was found about them.

Each entry is one append-only object in the state bucket, a JSON line per step:

    {"claim": owner, "until": epoch}      somebody starts
    {"finding": {...}, "write": "..."}    what was found, while that write of the object stood
    {"done": "..."}                       tagged and announced for that write
    {"released": owner}                   gave up; the next may start at once
    {"bound": "..."}                      in an entry of its own: a value that never changes

An append says the length that it read (StateStore.append), so two can never both claim: the one
that comes second is refused, reads again, and sees the first. A claim that has run out is taken
over by appending the next one. Nothing is deleted or rewritten.
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

from facescreen.errors import FacescreenError, StillClaimed
from facescreen.model import Finding
from facescreen.timing import persistently

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.model import ObjectHead, ObjectRef
    from facescreen.storage.ports import StateStore
    from facescreen.timing import Deadline

CLOCK_SKEW_S = 3.0
"""Two instances' clocks may differ by this much."""
FINISHING_S = 10.0
"""Once a finding stands, tagging and announcing take no longer; then the next may finish it."""
_HAND_BACK_S = 5.0
"""A second delivery that has less time left than this hands back to the platform's retry."""
_ONCE = "once"
"""The write of what stands in no bucket."""
_VOUCHED = "vouched"
"""The write that a finding from elsewhere is recorded for."""
_POLL_S = (0.1, 0.5)
_PAUSES_S = (0.2, 0.5, 1.0, 2.0)


def entry_id(ref: ObjectRef, head: ObjectHead) -> str:
    """The same for the same bytes under the same key: 64 hexadecimal digits.

    A version id is left out on purpose: two versions with the same bytes are paid for once.
    """
    parts = [ref.store, ref.bucket, ref.key, head.etag, head.checksum]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class _Entry:
    """One entry as it was read."""

    length: int
    lines: tuple[dict[str, Any], ...]

    @classmethod
    def parse(cls, data: bytes) -> _Entry:
        return cls(len(data), tuple(json.loads(line) for line in data.splitlines()))

    def holder(self, now: float) -> str:
        """The owner of a claim that is neither finished, released nor run out."""
        owner, until = "", 0.0
        for line in self.lines:
            if "claim" in line:
                owner, until = line["claim"], line["until"]
            elif "finding" in line:
                until = min(until, line["until"])
            elif "done" in line or line.get("released") == owner:
                owner = ""
        return owner if now < until + CLOCK_SKEW_S else ""

    def is_done(self, write: str) -> bool:
        return any(line.get("done") == write for line in self.lines)

    def finding(self, write: str) -> Finding | None:
        """The last finding that holds for `write`.

        Found while another write stood, it holds only if that write was looked at again
        afterwards (done): else the service may have been shown other bytes in between.
        """
        for line in reversed(self.lines):
            if "finding" in line and (line["write"] == write or self.is_done(line["write"])):
                return Finding.from_record(line["finding"])
        return None


class Ledger:
    """Claims and findings in a state bucket, which must be unversioned."""

    def __init__(
        self, store: StateStore, prefix: str = "ledger/", clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._clock = clock

    def claim(self, entry: str, write: str, deadline: Deadline) -> Claim | None:
        """Claims `entry` until `deadline`, waiting for another's claim to end while time is left.

        None when `write` is tagged and announced already. Raises StillClaimed when the other
        does not end.
        """
        owner = uuid.uuid4().hex
        while True:
            seen = self._read(entry)
            if seen.is_done(write):
                return None
            holder = seen.holder(self._clock())
            if holder == owner:  # our append arrived, its answer did not
                return Claim(self, entry, owner, seen)
            if not holder:
                line = {"claim": owner, "until": self._clock() + deadline.left()}
                if self._append_at(entry, seen, line):
                    return Claim(self, entry, owner, seen)
            elif deadline.left() < _HAND_BACK_S:
                raise StillClaimed("another delivery is still screening these bytes")
            else:
                time.sleep(random.uniform(*_POLL_S))  # noqa: S311

    def finding(self, entry: str, write: str) -> Finding | None:
        """What is known of the bytes of `entry`, without claiming them."""
        return self._read(entry).finding(write)

    def once(self, entry: str, find: Callable[[], Finding], deadline: Deadline) -> Finding:
        """What was found under `entry` by whoever came first: for bytes that stand nowhere."""
        known = self.finding(entry, _ONCE)
        if known is not None:
            return known
        claim = self.claim(entry, _ONCE, deadline)
        if claim is None:
            return self.once(entry, find, deadline)
        with claim:
            finding = claim.finding(_ONCE)
            if finding is None:
                finding = find()
                claim.record(finding, _ONCE)
            claim.done(_ONCE)
        return finding

    def bind(self, entry: str, value: str) -> str:
        """Records `value` under `entry`, or gives the one that was recorded first."""
        seen = self._read(entry)
        while not seen.lines and not self._append_at(entry, seen, {"bound": value}):
            seen = self._read(entry)
        return str(seen.lines[0]["bound"]) if seen.lines else value

    def bound(self, entry: str) -> str:
        """What `bind` recorded under `entry`; empty when nothing was."""
        lines = self._read(entry).lines
        return str(lines[0]["bound"]) if lines else ""

    def vouch(self, entry: str, finding: Finding) -> None:
        """Records what was found about the same bytes under another entry, for any write."""
        if self.finding(entry, _VOUCHED) is None:
            until = self._clock() + FINISHING_S
            line = {"finding": finding.to_record(), "write": _VOUCHED, "until": until}
            self.append(entry, {**line, "done": _VOUCHED})

    def append(self, entry: str, line: dict[str, Any]) -> None:
        """Appends `line`, whoever else appended since."""
        while not self._append_at(entry, self._read(entry), line):
            pass

    def persist(self, entry: str, line: dict[str, Any]) -> None:
        """Appends `line` through some seconds of trouble: what is lost here was paid for."""
        persistently(lambda: self.append(entry, line), _PAUSES_S)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def _read(self, entry: str) -> _Entry:
        return _Entry.parse(self._store.read(self._prefix + entry))

    def _append_at(self, entry: str, seen: _Entry, line: dict[str, Any]) -> bool:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        return self._store.append(self._prefix + entry, seen.length, data)


class Claim:
    """The right to screen some bytes, for the length of a ``with`` block.

    A block that ends before `done` gives the claim back, so that the next may start at once.
    """

    def __init__(self, ledger: Ledger, entry: str, owner: str, seen: _Entry) -> None:
        self._ledger = ledger
        self._entry = entry
        self._owner = owner
        self._seen = seen
        self._held = True

    def finding(self, write: str) -> Finding | None:
        """What was found about these bytes before."""
        return self._seen.finding(write)

    def record(self, finding: Finding, write: str) -> None:
        """Records a finding. From here on, whoever takes over does not pay again."""
        until = self._ledger.now() + FINISHING_S
        line = {"finding": finding.to_record(), "write": write, "until": until}
        self._ledger.persist(self._entry, line)

    def done(self, write: str) -> None:
        """This write is tagged and announced."""
        self._ledger.append(self._entry, {"done": write})
        self._held = False

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        if self._held:
            # If this fails too, the claim runs out by itself, and the first error says more.
            with suppress(FacescreenError):
                self._ledger.append(self._entry, {"released": self._owner})
