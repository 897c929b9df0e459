"""Reads the source and records in the journal which objects to screen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import BackfillJournal, PlanProgress
from facescreen_cli.commands.backfill.selection import SelectionFilter
from facescreen_cli.commands.backfill.sources import Cursor, ObjectSource, SourceRow
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import NoVerdictReason, TagState, read_concurrently

_ROWS_PER_SAVE = 1000


@dataclass
class Planner:
    """Scans a source once."""

    source: ObjectSource
    selection_filter: SelectionFilter
    read_tags: Callable[[ObjectSummary], TagState]
    stop: StopSignal
    on_progress: Callable[[int], object]
    """Called now and then with the number of rows read so far."""

    def scan(self, progress: PlanProgress) -> Iterator[ObjectSummary | None]:
        """Go on from the progress's cursor. Yields each selected object that is to be screened, and
        None for each that is not; updates `progress` along the way. Raises errors.FacescreenError.
        """
        self._last_read = progress.cursor
        rows = self._iterate_selected_rows(progress.exclusion_reasons)
        for row, state in read_concurrently(rows, self._read_row, self.stop):
            progress.cursor = _make_cursor(row)
            if isinstance(state, TaggedVerdict):
                progress.with_verdict += 1
                yield None
            elif state is NoVerdictReason.GONE:
                progress.gone += 1
                yield None
            else:  # unreadable tags too: nothing is missed, and the ledger prevents a second call
                progress.to_screen += 1
                yield row.object
        if not self.stop.requested:
            progress.cursor, progress.is_complete = self._last_read, True

    def _iterate_selected_rows(self, exclusion_reasons: set[str]) -> Iterator[SourceRow]:
        for row in self.source.iterate_rows(self._last_read):
            if self.stop.requested:
                return
            self._last_read = _make_cursor(row)
            if row.number % _ROWS_PER_SAVE == 0:
                self.on_progress(row.number)
            if reason := self.selection_filter.exclusion_reason(row.object):
                exclusion_reasons.add(reason)
            else:
                yield row
        self.on_progress(self._last_read.number)

    def _read_row(self, row: SourceRow) -> tuple[SourceRow, TagState]:
        return row, self.read_tags(row.object)


def plan_all(planner: Planner, journal: BackfillJournal, progress: PlanProgress) -> None:
    """Record every object to screen in the journal, continuing from `progress`."""
    objects: list[ObjectSummary] = []
    saved_at = progress.cursor.number
    try:
        for item in planner.scan(progress):
            if item is not None:
                objects.append(item)
            if progress.cursor.number - saved_at >= _ROWS_PER_SAVE:
                journal.add_planned(objects, progress)
                saved_at = progress.cursor.number
                objects.clear()
    finally:
        journal.add_planned(objects, progress)


def plan_sample(
    planner: Planner, journal: BackfillJournal, progress: PlanProgress, size: int
) -> None:
    """Record a uniform random sample of `size` objects. Records nothing if the scan was stopped."""
    sample: list[ObjectSummary] = []
    for item in planner.scan(progress):
        if item is None:
            continue
        if len(sample) < size:
            sample.append(item)
        elif (position := random.randrange(progress.to_screen)) < size:  # noqa: S311
            sample[position] = item
    if progress.is_complete:
        journal.add_planned(sample, progress)


def count_objects(planner: Planner, progress: PlanProgress) -> None:
    """Count the objects in `progress`, and record nothing."""
    for _ in planner.scan(progress):
        pass


def _make_cursor(row: SourceRow) -> Cursor:
    return Cursor(row.number, row.object.key)
