"""The sweep's cursors: how far it has come in each watched prefix, kept between runs.

The sweep goes in rounds. In a round it visits every object of each watched prefix once, in as many
runs as that takes. It checks the objects that reached a scheduled age after `since` and up to
`until`. The next round covers the time after that, so if the sweep was off for a day, that day is
checked too. A prefix that can't be swept does not hold up the others: they go on, and it continues
in the next round, from the same key and for the same time.

Each step is appended as a line of JSON to the day's object in the state bucket,
``sweep/2026-11-23``. An append names the length that was read (StateStore.append): of two
concurrent runs the second one is refused, and ends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from facescreen.errors import AlreadyInProgressError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facescreen.storage.ports import StateStore

KEY_PREFIX = "sweep/"
_MAX_CURSOR_AGE = timedelta(days=30)
"""After a longer break, the sweep starts as if it had never run."""


@dataclass(frozen=True)
class SweepCursor:
    """The position of the sweep in one watched prefix."""

    since: datetime
    until: datetime
    last_key: str = ""
    """The last object key that is checked."""
    is_complete: bool = False
    """Whether all objects of this round are checked."""
    has_failed: bool = False
    """Whether the prefix is left alone until the next round."""

    @property
    def is_pending(self) -> bool:
        """Whether the prefix is still to be swept in this round."""
        return not self.is_complete and not self.has_failed

    def start_round(self, now: datetime) -> SweepCursor:
        """Return the cursor for the next round, which starts at `now`."""
        if self.is_complete:
            return SweepCursor(self.until, now)
        return replace(self, has_failed=False)

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dict for JSON, which `from_dict` accepts."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "after": self.last_key,
            "is_over": self.is_complete,
            "has_failed": self.has_failed,
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> SweepCursor:
        """Build a cursor from the result of `to_dict`."""
        return cls(
            since=datetime.fromisoformat(fields["since"]),
            until=datetime.fromisoformat(fields["until"]),
            last_key=fields["after"],
            is_complete=fields["is_over"],
            has_failed=fields["has_failed"],
        )


Cursors = dict[str, SweepCursor]
"""The cursor of each watched prefix, by its name (``bucket/prefix``)."""


class CursorStore:
    """The cursors of the current round, in the state bucket."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._object_key = ""
        self._length = 0
        self._saved_cursors: Cursors | None = None

    def resume(self, names: Sequence[str], now: datetime, initial_lookback: timedelta) -> Cursors:
        """Return the cursors of the prefixes with these names, for the current round or, if
        nothing of it is left, for the next one. The first sweep of a prefix covers
        `initial_lookback`."""
        state_keys = self._state.list_keys(KEY_PREFIX, _build_object_key(now - _MAX_CURSOR_AGE))
        self._object_key = max(state_keys, default=_build_object_key(now))
        data = self._state.read(self._object_key)
        self._length = len(data)
        self._saved_cursors = _parse_line(data.splitlines()[-1], names) if data else {}
        first_cursor = SweepCursor(now - initial_lookback, now)
        cursors = {name: self._saved_cursors.get(name, first_cursor) for name in names}
        if any(cursor.is_pending for cursor in cursors.values()):
            return cursors
        return {name: cursor.start_round(now) for name, cursor in cursors.items()}

    def save(self, cursors: Cursors, now: datetime) -> None:
        """Save the cursors. Raises AlreadyInProgressError if another run saved them meanwhile."""
        if cursors == self._saved_cursors:
            return
        if self._object_key < _build_object_key(now):
            self._object_key, self._length = _build_object_key(now), 0
        line = _build_line(cursors)
        if not self._state.append(self._object_key, self._length, line):
            raise AlreadyInProgressError("another sweep is already running; this one ends")
        self._length += len(line)
        self._saved_cursors = dict(cursors)


def _build_line(cursors: Cursors) -> bytes:
    fields = {"cursors": {name: cursor.to_dict() for name, cursor in cursors.items()}}
    return json.dumps(fields).encode() + b"\n"


def _parse_line(line: bytes, names: Sequence[str]) -> Cursors:
    fields = json.loads(line)
    if "cursors" in fields:
        return {name: SweepCursor.from_dict(cursor) for name, cursor in fields["cursors"].items()}
    # Version 0.1 had one cursor, which visited one prefix after the other: its sweep starts again.
    cursor = SweepCursor.from_dict({**fields, "after": "", "has_failed": False})
    return dict.fromkeys(names, cursor)


def _build_object_key(moment: datetime) -> str:
    return f"{KEY_PREFIX}{moment.date().isoformat()}"
