"""The sweep's cursor: how far a sweep over the buckets has come, kept between runs.

A sweep visits every object once, in as many runs as that takes. It checks the objects that reached
a scheduled age after `since` and up to `until`. The next sweep covers the time after that, so if
the sweep was off for a day, that day is checked too. Each step is appended as a line of JSON to the
day's object in the state bucket, ``sweep/2026-11-23``. An append names the length that was read
(StateStore.append): of two concurrent runs the second one is refused, and ends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from facescreen.errors import AlreadyInProgressError

if TYPE_CHECKING:
    from facescreen.storage.ports import StateStore

KEY_PREFIX = "sweep/"
_MAX_CURSOR_AGE = timedelta(days=30)
"""After a longer break, the sweep starts as if it had never run."""


@dataclass(frozen=True)
class SweepCursor:
    """The position of one sweep over all watched prefixes."""

    since: datetime
    until: datetime
    watched_prefix: str = ""
    """The current ``bucket/prefix``, as in the settings; empty at the start."""
    last_key: str = ""
    """The last object key that is checked in that prefix."""
    is_complete: bool = False

    def to_line(self) -> bytes:
        """Return the cursor as a line of JSON, for `from_line`."""
        fields = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "place": self.watched_prefix,
            "after": self.last_key,
            "is_over": self.is_complete,
        }
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> SweepCursor:
        """Parse a line written by `to_line`."""
        fields = json.loads(line)
        return cls(
            since=datetime.fromisoformat(fields["since"]),
            until=datetime.fromisoformat(fields["until"]),
            watched_prefix=fields["place"],
            last_key=fields["after"],
            is_complete=fields["is_over"],
        )


class CursorStore:
    """The cursor of the current sweep, in the state bucket."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._object_key = ""
        self._length = 0
        self._saved_cursor: SweepCursor | None = None

    def resume(self, now: datetime, initial_lookback: timedelta) -> SweepCursor:
        """Return the cursor of the current sweep, or of the next one. The first sweep ever
        covers `initial_lookback`."""
        names = list(self._state.list_keys(KEY_PREFIX, _build_object_key(now - _MAX_CURSOR_AGE)))
        self._object_key = names[-1] if names else _build_object_key(now)
        data = self._state.read(self._object_key)
        self._length = len(data)
        if not data:
            return SweepCursor(now - initial_lookback, now)
        self._saved_cursor = SweepCursor.from_line(data.splitlines()[-1])
        return (
            SweepCursor(self._saved_cursor.until, now)
            if self._saved_cursor.is_complete
            else self._saved_cursor
        )

    def save(self, cursor: SweepCursor, now: datetime) -> None:
        """Save the cursor. Raises AlreadyInProgressError if another run saved one meanwhile."""
        if cursor == self._saved_cursor:
            return
        if self._object_key < _build_object_key(now):
            self._object_key, self._length = _build_object_key(now), 0
        line = cursor.to_line()
        if not self._state.append(self._object_key, self._length, line):
            raise AlreadyInProgressError("another sweep is already running; this one ends")
        self._length += len(line)
        self._saved_cursor = cursor


def _build_object_key(moment: datetime) -> str:
    return f"{KEY_PREFIX}{moment.date().isoformat()}"
