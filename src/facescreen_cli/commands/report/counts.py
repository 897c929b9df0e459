"""Counts the verdicts of objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from facescreen.model import Verdict
from facescreen_cli.exit_codes import FAILED, FLAGGED, INTERRUPTED, OK
from facescreen_cli.verdicts import NoVerdictReason, TagState

OTHER_LABEL = "other"
"""For reasons and days beyond the maximum: tags may hold anything."""
UNDATED_LABEL = "undated"
MAX_DISTINCT_REASONS = 200
"""Reasons that are counted separately."""
MAX_DISTINCT_DAYS = 4000
"""Days that are counted separately."""


@dataclass
class VerdictCounts:
    """Counts of verdicts, reasons and days, in limited memory however many objects are added."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    without_verdict: Counter[NoVerdictReason] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    days: dict[str, Counter[Verdict]] = field(default_factory=dict)
    """By ``2026-11-23``, in UTC."""

    def add(self, tag_state: TagState) -> None:
        """Add an object."""
        if isinstance(tag_state, NoVerdictReason):
            self.without_verdict[tag_state] += 1
            return
        self.verdicts[tag_state.verdict] += 1
        for reason in dict.fromkeys(tag_state.reasons):
            self.reasons[_limit_label(reason, self.reasons, MAX_DISTINCT_REASONS)] += 1
        day = _limit_label(_parse_day(tag_state.at), self.days, MAX_DISTINCT_DAYS)
        self.days.setdefault(day, Counter())[tag_state.verdict] += 1

    @property
    def object_count(self) -> int:
        """All objects that were checked."""
        return self.verdicts.total() + self.without_verdict.total()

    @property
    def screenable_count(self) -> int:
        """Objects that have a verdict, or should have one."""
        return (
            self.object_count
            - self.without_verdict[NoVerdictReason.SKIPPED]
            - self.without_verdict[NoVerdictReason.GONE]
        )

    @property
    def flagged_count(self) -> int:
        """Objects that need a review."""
        return self.verdicts[Verdict.HIGH_RISK] + self.verdicts[Verdict.SUSPICIOUS]


@dataclass
class BucketReport:
    """The counts of a bucket at one time."""

    target: str
    counts: VerdictCounts = field(default_factory=VerdictCounts)
    partial: str = ""
    """Why it ended early; empty if it is complete."""
    interrupted: bool = False
    at: str = field(default_factory=lambda: datetime.now(timezone.utc).strftime(_TIME_FORMAT))
    """ISO 8601, UTC."""

    def compute_exit_code(self, *, check: bool) -> int:
        """The exit code. With `check` it depends on the verdicts; FLAGGED takes precedence."""
        counts = self.counts
        if self.interrupted:
            return INTERRUPTED
        if check and counts.flagged_count:
            return FLAGGED
        if self.partial or counts.without_verdict[NoVerdictReason.UNREAD]:
            return FAILED
        # A mistyped prefix has no objects, and must not pass the check.
        low_risk = counts.verdicts[Verdict.LOW_RISK] == counts.screenable_count > 0
        return OK if low_risk or not check else FAILED


def newest_first(days: dict[str, Counter[Verdict]]) -> list[tuple[str, Counter[Verdict]]]:
    """The days, newest first, then the objects without a date."""
    return sorted(days.items(), key=lambda day: (day[0][:1].isdigit(), day[0]), reverse=True)


_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def _limit_label(name: str, known: Mapping[str, object], max_labels: int) -> str:
    return name if name in known or len(known) < max_labels else OTHER_LABEL


def _parse_day(at: str) -> str:
    try:
        return datetime.strptime(at, _TIME_FORMAT).replace(tzinfo=timezone.utc).date().isoformat()
    except ValueError:
        return UNDATED_LABEL
