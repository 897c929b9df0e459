"""Where a sweep is on its way over the buckets, kept from one run to the next.

A course goes over all objects once, in as many runs as that takes, and is for those that came to
an age after `since`, up to `until`. The next one starts where it ends in time, so that a sweep that
was off for a day looks at that day. A line of JSON for each step is appended to a day's object in
the state bucket, ``sweep/2026-11-23``. An append says the length that it read (StateStore.append):
of two runs at once the later one is refused, and ends.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from facescreen.errors import AlreadyInProgressError

if TYPE_CHECKING:
    from facescreen.storage.ports import StateStore

PREFIX = "sweep/"
_MAX_CURSOR_AGE = timedelta(days=30)
"""A sweep that was off for longer begins as one that never was."""


@dataclass(frozen=True)
class SweepCursor:
    """One way over all the places."""

    since: datetime
    until: datetime
    place: str = ""
    """``bucket/prefix``, as the settings have it; empty at the start."""
    after: str = ""
    """The last object key there that is done with."""
    is_over: bool = False

    def to_line(self) -> bytes:
        """A line of JSON; `from_line` reads it back."""
        moments = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return json.dumps({**asdict(self), **moments}).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> SweepCursor:
        """Reads what `to_line` wrote."""
        cursor = cls(**json.loads(line))
        since, until = str(cursor.since), str(cursor.until)
        return replace(
            cursor, since=datetime.fromisoformat(since), until=datetime.fromisoformat(until)
        )


class CursorStore:
    """The course that is under way, or the next one."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._object_key = ""
        self._length = 0
        self._saved: SweepCursor | None = None

    def resume(self, now: datetime, initial_lookback: timedelta) -> SweepCursor:
        """The very first one covers as long as that."""
        names = list(self._state.names(PREFIX, _object_name(now - _MAX_CURSOR_AGE)))
        self._object_key = names[-1] if names else _object_name(now)
        data = self._state.read(self._object_key)
        self._length = len(data)
        if not data:
            return SweepCursor(now - initial_lookback, now)
        self._saved = SweepCursor.from_line(data.splitlines()[-1])
        return SweepCursor(self._saved.until, now) if self._saved.is_over else self._saved

    def save(self, cursor: SweepCursor, now: datetime) -> None:
        """Raises AlreadyInProgressError where another run has saved since."""
        if cursor == self._saved:
            return
        if self._object_key < _object_name(now):
            self._object_key, self._length = _object_name(now), 0
        line = cursor.to_line()
        if not self._state.append(self._object_key, self._length, line):
            raise AlreadyInProgressError("another sweep is under way; this one ends")
        self._length += len(line)
        self._saved = cursor


def _object_name(moment: datetime) -> str:
    return f"{PREFIX}{moment.date().isoformat()}"
