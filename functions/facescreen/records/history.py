"""What was screened, newest first, for people to look through.

Object stores list by name alone, so each outcome gets an object of its own in the state bucket,
whose name counts the seconds down, and says enough to filter and to count without a read:

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

from facescreen.errors import BadRequest
from facescreen.message import message_id, outcome_data
from facescreen.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from facescreen.model import Outcome
    from facescreen.storage.ports import StateStore

MOST_NAMES = 20_000
"""Looked at for one page, or one count."""
_END = 9_999_999_999
"""Seconds since the epoch that names count down from."""
_LONGEST_KEY = 700
"""Bytes of an object key in a name; stores take names of 1023."""
_READERS = 8
_PAID = (Verdict.LOW_RISK.value, Verdict.HIGH_RISK.value, Verdict.SUSPICIOUS.value)
_CURSOR = re.compile(r"\d{10}-[a-z_]{6,12}-[A-Za-z0-9]{32}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Page:
    """Some outcomes, and where to go on."""

    outcomes: tuple[dict[str, Any], ...]
    """``{"at": …, "screening": …}``, the screening as the message gave it."""
    next: str
    """The cursor of the next page; empty at the end."""


@dataclass(frozen=True)
class Counts:
    """Outcomes by hour and verdict."""

    hours: dict[datetime, dict[str, int]]
    """Newest first, hours with nothing too."""
    complete: bool
    """False where more than MOST_NAMES came in these hours."""


@dataclass(frozen=True)
class _Entry:
    """What a name says."""

    name: str
    cursor: str
    at: datetime
    verdict: str
    key: str
    """Its first _LONGEST_KEY bytes."""

    @property
    def finding(self) -> str:
        """The same for the same finding."""
        return self.cursor.rpartition("-")[0]

    @classmethod
    def parse(cls, name: str, prefix: str) -> _Entry:
        cursor, _, rest = name[len(prefix) :].partition("/")
        left, verdict, _ = cursor.split("-", 2)
        at = datetime.fromtimestamp(_END - int(left), timezone.utc)
        return cls(name, cursor, at, verdict, rest.partition("/")[2])


class History:
    """Outcomes in a state bucket."""

    def __init__(self, state: StateStore, prefix: str = "history/") -> None:
        self._state = state
        self._prefix = prefix

    def add(self, outcome: Outcome) -> None:
        """Adds a screened object. The same outcome added twice stands there once."""
        if outcome.finding is None or outcome.tagging is None:
            raise ValueError(f"an outcome that is {outcome.status.value} has no place here")
        ref, finding = outcome.object, outcome.finding
        seconds = int(datetime.fromisoformat(finding.at.replace("Z", "+00:00")).timestamp())
        cursor = f"{_END - seconds:010d}-{finding.verdict.value}-{message_id(outcome)}"
        data = outcome_data(outcome)
        name = f"{self._prefix}{cursor}/{ref.bucket}/{_cut(ref.key)}"
        self._state.append(name, 0, json.dumps({"at": finding.at, "screening": data}).encode())

    def page(self, *, prefix: str = "", verdict: str = "", after: str = "", limit: int) -> Page:
        """The newest `limit` outcomes of keys under `prefix`. Fewer, and a `next`, where too many
        others lie between. Raises BadRequest for a cursor that is none of ours."""
        if after and not _CURSOR.fullmatch(after):
            raise BadRequest("`after` must be the `next` of another page")
        found: list[_Entry] = []
        last = ""
        for number, entry in enumerate(self._entries(after), 1):
            last = entry.cursor
            if verdict in ("", entry.verdict) and _starts(entry.key, prefix):
                found.append(entry)
            if len(found) == limit or number == MOST_NAMES:
                break
        else:
            last = ""
        with ThreadPoolExecutor(_READERS) as readers:
            bodies = readers.map(self._state.read, [entry.name for entry in found])
            read = [json.loads(body) for body in bodies if body]
        kept = [one for one in read if one["screening"]["object"]["key"].startswith(prefix)]
        return Page(tuple(kept), last)

    def counts(self, hours: int, now: datetime) -> Counts:
        """The last `hours` hours by the clock, the running one among them."""
        newest = now.replace(minute=0, second=0, microsecond=0)
        counted = {newest - timedelta(hours=n): {v.value: 0 for v in Verdict} for n in range(hours)}
        for number, entry in enumerate(self._entries(""), 1):
            hour = entry.at.replace(minute=0, second=0)
            if hour in counted:
                counted[hour][entry.verdict] += 1
            elif hour < newest:
                break
            if number == MOST_NAMES:
                return Counts(counted, complete=False)
        return Counts(counted, complete=True)

    def paid_calls(self, day: date) -> int:
        """The calls that the verdicts of a day (UTC) were paid for, by the names alone. A finding
        that was used again stands there again, beside itself, and was paid for once."""
        first = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        next_day = int((first + timedelta(days=1)).timestamp())
        # "." follows "-", which ends the seconds.
        names = self._state.names(self._prefix, f"{self._prefix}{_END - next_day:010d}.")
        entries = (_Entry.parse(name, self._prefix) for name in names)
        of_the_day = takewhile(lambda entry: entry.at >= first, entries)
        paid = (entry.finding for entry in of_the_day if entry.verdict in _PAID)
        return sum(1 for _ in groupby(paid))

    def _entries(self, after: str) -> Iterator[_Entry]:
        """Newest first. "0" follows "/", which ends a cursor."""
        start = f"{self._prefix}{after}0" if after else ""
        for name in self._state.names(self._prefix, start):
            yield _Entry.parse(name, self._prefix)


def _cut(key: str) -> str:
    return key.encode()[:_LONGEST_KEY].decode(errors="ignore")


def _starts(key: str, prefix: str) -> bool:
    """Whether a key that may have been cut may start with `prefix`."""
    return key.startswith(_cut(prefix))
