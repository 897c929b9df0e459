"""What stands on objects, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from facescreen.model import Verdict
from facescreen_cli.exit_codes import FAILED, FLAGGED, INTERRUPTED, OK
from facescreen_cli.verdicts import NoVerdict, TagState

OTHER = "other"
"""Reasons and days beyond the most that are told apart: tags may say anything."""
UNDATED = "undated"
MOST_REASONS = 200
MOST_DAYS = 4000


@dataclass
class Counts:
    """Takes little memory, however many are added."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    apart: Counter[NoVerdict] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    days: dict[str, Counter[Verdict]] = field(default_factory=dict)
    """By ``2026-11-23``, in UTC."""

    def add(self, found: TagState) -> None:
        """One object more."""
        if isinstance(found, NoVerdict):
            self.apart[found] += 1
            return
        self.verdicts[found.verdict] += 1
        for reason in dict.fromkeys(found.reasons):
            self.reasons[_told_apart(reason, self.reasons, MOST_REASONS)] += 1
        day = _told_apart(_day(found.at), self.days, MOST_DAYS)
        self.days.setdefault(day, Counter())[found.verdict] += 1

    @property
    def objects(self) -> int:
        """All that were looked at."""
        return self.verdicts.total() + self.apart.total()

    @property
    def screenable(self) -> int:
        """Those that have a verdict, or should have one."""
        return self.objects - self.apart[NoVerdict.SKIPPED] - self.apart[NoVerdict.GONE]

    @property
    def flagged(self) -> int:
        """Those that somebody should look at."""
        return self.verdicts[Verdict.HIGH_RISK] + self.verdicts[Verdict.SUSPICIOUS]


@dataclass
class Report:
    """Counts, of what, and when."""

    target: str
    counts: Counts = field(default_factory=Counts)
    partial: str = ""
    """Why it ended early, if it did."""
    interrupted: bool = False
    at: str = field(default_factory=lambda: datetime.now(timezone.utc).strftime(_MOMENT))
    """ISO 8601, UTC."""

    def status(self, *, check: bool) -> int:
        """The exit code. With `check` it tells what stands there; a flagged one goes first."""
        counts = self.counts
        if self.interrupted:
            return INTERRUPTED
        if check and counts.flagged:
            return FLAGGED
        if self.partial or counts.apart[NoVerdict.UNREAD]:
            return FAILED
        # A mistyped prefix, under which nothing is, must pass no check.
        low_risk = counts.verdicts[Verdict.LOW_RISK] == counts.screenable > 0
        return OK if low_risk or not check else FAILED


def newest(days: dict[str, Counter[Verdict]]) -> list[tuple[str, Counter[Verdict]]]:
    """The days, newest first, and what has none after them."""
    return sorted(days.items(), key=lambda day: (day[0][:1].isdigit(), day[0]), reverse=True)


_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def _told_apart(name: str, known: Mapping[str, object], most: int) -> str:
    return name if name in known or len(known) < most else OTHER


def _day(at: str) -> str:
    try:
        return datetime.strptime(at, _MOMENT).replace(tzinfo=timezone.utc).date().isoformat()
    except ValueError:
        return UNDATED
