"""One entry of the ledger, and what its lines say."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from facescreen.model import Finding
from facescreen.records.ledger_lines import parse_lines

MAX_CLOCK_SKEW_S = 3.0
"""How far the clocks of two workers may differ: they follow the store's clock, whose answers have
whole seconds."""


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


@dataclass(frozen=True)
class LedgerEntry:
    """One entry as it was read."""

    length: int
    lines: tuple[dict[str, Any], ...]

    @classmethod
    def parse(cls, key: str, data: bytes) -> LedgerEntry:
        return cls(len(data), parse_lines(key, data))

    def with_line(self, line: dict[str, Any], length: int) -> LedgerEntry:
        """Return the entry with one more line, of `length` bytes."""
        return replace(self, length=self.length + length, lines=(*self.lines, line))

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

    def without_emulated(self) -> LedgerEntry:
        """Return the entry without an emulator's findings, and what was done with them."""
        kept = (
            line
            for line in self.lines
            if "finding" not in line or not Finding.from_dict(line["finding"]).is_emulated
        )
        return replace(self, lines=tuple(kept))

    def get_record(self) -> ScreeningRecord | None:
        """Return the last record of an object entry; None if there is none."""
        for line in reversed(self.lines):
            if "done" in line:
                finding = Finding.from_dict(line["finding"])
                return ScreeningRecord(line["done"], line["sha256"], finding)
        return None

    def get_first_time(self, content_id: str) -> str:
        """Return the time of a finding that a worker claimed an object entry for, and did not
        record as done; empty if there is none."""
        first_time = ""
        for line in self.lines:
            if "done" in line:
                first_time = ""
            elif line.get("content") == content_id:
                first_time = first_time or line["at"]
        return first_time

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
