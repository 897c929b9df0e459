"""Goes over the source, and notes what is to be screened."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import Journal, Progress
from facescreen_cli.commands.backfill.selection import Coverage
from facescreen_cli.commands.backfill.sources import Mark, Row, Source
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import NoVerdict, TagState, read_concurrently

_AT_ONCE = 1000
"""Rows between two notes in the journal."""


@dataclass
class Planner:
    """Goes over a source once."""

    source: Source
    coverage: Coverage
    read: Callable[[ObjectSummary], TagState]
    """What stands on an object."""
    stop: StopSignal
    tell: Callable[[int], object]
    """Hears how many rows were gone over, now and then."""

    def go_over(self, progress: Progress) -> Iterator[ObjectSummary | None]:
        """Whatever the selection covers after the progress's mark, as far as it is to be
        screened; None for the rest. The progress moves on with it. Raises errors.FacescreenError.
        """
        self._last = progress.mark
        for row, stands in read_concurrently(self._covered(), self._judged, self.stop):
            progress.mark = _mark(row)
            if isinstance(stands, TaggedVerdict):
                progress.standing += 1
                yield None
            elif stands is NoVerdict.GONE:
                progress.gone += 1
                yield None
            else:  # also what could not be read: nothing is missed, and the ledger knows
                progress.selected += 1
                yield row.object
        if not self.stop.requested:
            progress.mark, progress.planned = self._last, True

    def _covered(self) -> Iterator[Row]:
        for row in self.source.rows(self._last):
            if self.stop.requested:
                return
            self._last = _mark(row)
            if row.number % _AT_ONCE == 0:
                self.tell(row.number)
            if self.coverage.covers(row.object):
                yield row
        self.tell(self._last.number)

    def _judged(self, row: Row) -> tuple[Row, TagState]:
        return row, self.read(row.object)


def plan(planner: Planner, journal: Journal, progress: Progress) -> None:
    """All that is to be screened, into the journal, from where it ended before."""
    selected: list[ObjectSummary] = []
    noted = progress.mark.number
    try:
        for one in planner.go_over(progress):
            if one is not None:
                selected.append(one)
            if progress.mark.number - noted >= _AT_ONCE:
                journal.plan(selected, progress)
                noted = progress.mark.number
                selected.clear()
    finally:
        journal.plan(selected, progress)


def plan_sample(planner: Planner, journal: Journal, progress: Progress, size: int) -> None:
    """So many of them at random, each as likely as the next; nothing unless all were gone over."""
    sample: list[ObjectSummary] = []
    for one in planner.go_over(progress):
        if one is None:
            continue
        if len(sample) < size:
            sample.append(one)
        elif (place := random.randrange(progress.selected)) < size:  # noqa: S311
            sample[place] = one
    if progress.planned:
        journal.plan(sample, progress)


def count(planner: Planner, progress: Progress) -> None:
    """How many there are."""
    for _ in planner.go_over(progress):
        pass


def _mark(row: Row) -> Mark:
    return Mark(row.number, row.object.key)
