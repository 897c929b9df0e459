"""The history: outcomes, newest first, for reviewers.

Object stores list by name alone, so each outcome is an object of its own in the state bucket. Its
name counts the seconds down, and holds enough to filter and count outcomes without reading them:

    history/7935401842-high_risk-fs0c…-1f2e3d4c/selfies/kyc/ann.jpg
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any

from facescreen.errors import RequestRejectedError
from facescreen.message import build_outcome_data, compute_message_id
from facescreen.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from facescreen.model import Outcome
    from facescreen.storage.ports import StateStore

MAX_NAMES_SCANNED = 20_000
"""Names read for one page or one count."""
_COUNTDOWN_START_S = 9_999_999_999
"""Seconds since the epoch from which the names count down."""
_MAX_KEY_BYTES = 700
"""Bytes of an object key in a name. Stores take names of up to 1023 bytes."""
_MAX_CONCURRENT_READS = 8
_PAID_VERDICTS = (Verdict.LOW_RISK.value, Verdict.HIGH_RISK.value, Verdict.SUSPICIOUS.value)
_CURSOR_PATTERN = re.compile(r"\d{10}-[a-z_]{6,12}-[A-Za-z0-9]{32}-[0-9a-f]{8}")


@dataclass(frozen=True)
class HistoryPage:
    """One page of outcomes."""

    outcomes: tuple[dict[str, Any], ...]
    """``{"at": …, "screening": …}``, with the screening as the message has it."""
    next_cursor: str
    """The cursor of the next page; empty on the last one."""


@dataclass(frozen=True)
class HourlyCounts:
    """Outcomes by hour and verdict."""

    hours: dict[datetime, dict[str, int]]
    """Newest first. Hours without outcomes are included."""
    is_complete: bool
    """False if there are more than MAX_NAMES_SCANNED outcomes in these hours."""


@dataclass(frozen=True)
class _OutcomeName:
    """The parsed name of an outcome's object."""

    name: str
    cursor: str
    at: datetime
    verdict: str
    key: str
    """The first _MAX_KEY_BYTES of the object key."""

    @property
    def finding_id(self) -> str:
        """Equal for outcomes of the same finding."""
        return self.cursor.rpartition("-")[0]

    @classmethod
    def parse(cls, name: str, prefix: str) -> _OutcomeName:
        cursor, _, rest = name[len(prefix) :].partition("/")
        seconds_left, verdict, _ = cursor.split("-", 2)
        at = datetime.fromtimestamp(_COUNTDOWN_START_S - int(seconds_left), timezone.utc)
        return cls(name, cursor, at, verdict, rest.partition("/")[2])


class History:
    """The outcomes in a state bucket."""

    def __init__(self, state: StateStore, prefix: str = "history/") -> None:
        self._state = state
        self._prefix = prefix

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a screened object. Adding it again changes nothing."""
        if outcome.finding is None or outcome.tagging is None:
            raise ValueError(
                f"an outcome with status {outcome.status.value} has no finding to list"
            )
        ref, finding = outcome.object, outcome.finding
        seconds = int(datetime.fromisoformat(finding.at.replace("Z", "+00:00")).timestamp())
        seconds_left = _COUNTDOWN_START_S - seconds
        cursor = f"{seconds_left:010d}-{finding.verdict.value}-{compute_message_id(outcome)}"
        data = build_outcome_data(outcome)
        name = f"{self._prefix}{cursor}/{ref.bucket}/{_truncate_key(ref.key)}"
        self._state.append(name, 0, json.dumps({"at": finding.at, "screening": data}).encode())

    def list_page(
        self, *, prefix: str = "", verdict: str = "", after: str = "", limit: int
    ) -> HistoryPage:
        """Return the newest `limit` outcomes of keys under `prefix`.

        The page may have fewer and still a `next_cursor`, if many other outcomes come between.
        Raises RequestRejectedError for an invalid cursor.
        """
        if after and not _CURSOR_PATTERN.fullmatch(after):
            raise RequestRejectedError("`after` must be the `next` of another page")
        matches: list[_OutcomeName] = []
        last_cursor = ""
        for number, name in enumerate(self._list_names(after), 1):
            last_cursor = name.cursor
            if verdict in ("", name.verdict) and _may_start_with(name.key, prefix):
                matches.append(name)
            if len(matches) == limit or number == MAX_NAMES_SCANNED:
                break
        else:
            last_cursor = ""
        with ThreadPoolExecutor(_MAX_CONCURRENT_READS) as pool:
            bodies = pool.map(self._state.read, [match.name for match in matches])
            outcomes = [json.loads(body) for body in bodies if body]
        return HistoryPage(
            tuple(
                outcome
                for outcome in outcomes
                if outcome["screening"]["object"]["key"].startswith(prefix)
            ),
            last_cursor,
        )

    def count_by_hour(self, hours: int, now: datetime) -> HourlyCounts:
        """Count the outcomes of the last `hours` clock hours, the current one included."""
        current_hour = now.replace(minute=0, second=0, microsecond=0)
        counts = {
            current_hour - timedelta(hours=n): {v.value: 0 for v in Verdict} for n in range(hours)
        }
        for number, name in enumerate(self._list_names(""), 1):
            hour = name.at.replace(minute=0, second=0)
            if hour in counts:
                counts[hour][name.verdict] += 1
            elif hour < current_hour:
                break
            if number == MAX_NAMES_SCANNED:
                return HourlyCounts(counts, is_complete=False)
        return HourlyCounts(counts, is_complete=True)

    def count_paid_calls(self, day: date) -> int:
        """Count the paid calls behind the verdicts of a day (UTC), from the names alone.

        A finding that was reused is listed again next to the first outcome, and was paid for once.
        """
        first = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        next_day = int((first + timedelta(days=1)).timestamp())
        # "." sorts after "-", which ends the seconds.
        names = self._state.list_keys(
            self._prefix, f"{self._prefix}{_COUNTDOWN_START_S - next_day:010d}."
        )
        parsed = (_OutcomeName.parse(name, self._prefix) for name in names)
        names_of_day = takewhile(lambda name: name.at >= first, parsed)
        paid = (name.finding_id for name in names_of_day if name.verdict in _PAID_VERDICTS)
        return sum(1 for _ in groupby(paid))

    def _list_names(self, after: str) -> Iterator[_OutcomeName]:
        """Yield the names after a cursor, newest first."""
        # "0" sorts after "/", which ends a cursor.
        start = f"{self._prefix}{after}0" if after else ""
        for name in self._state.list_keys(self._prefix, start):
            yield _OutcomeName.parse(name, self._prefix)


def _truncate_key(key: str) -> str:
    return key.encode()[:_MAX_KEY_BYTES].decode(errors="ignore")


def _may_start_with(key: str, prefix: str) -> bool:
    """Whether a key that may have been truncated may start with `prefix`."""
    return key.startswith(_truncate_key(prefix))
