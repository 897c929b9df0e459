"""The order of things: plan, say what it costs, ask, submit, and, of a sample, wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from facescreen.bus.ports import Invoker
from facescreen.errors import FacescreenError
from facescreen.storage.ports import ObjectSummary
from facescreen_cli.commands.backfill.journal import Journal, Progress
from facescreen_cli.commands.backfill.planning import Planner, count, plan, plan_sample
from facescreen_cli.commands.backfill.reporter import Ended, Teller
from facescreen_cli.commands.backfill.sampling import wait
from facescreen_cli.commands.backfill.selection import Coverage, Selection
from facescreen_cli.commands.backfill.sources import Source
from facescreen_cli.commands.backfill.submitting import Submitter
from facescreen_cli.cost import confirm, format_cost
from facescreen_cli.exit_codes import FAILED, INTERRUPTED, OK
from facescreen_cli.interrupt import StoppablePace, StopSignal
from facescreen_cli.verdicts import TagState


@dataclass(frozen=True)
class Run:
    """One backfill, checked and connected."""

    selection: Selection
    said: dict[str, Any]
    """What makes a journal another's."""
    target: str
    source: Source
    coverage: Coverage
    read: Callable[[ObjectSummary], TagState]
    """What stands on an object, as far as it matters."""
    stands: Callable[[ObjectSummary], TagState]
    """What stands on an object."""
    invoker: Callable[[], Invoker]
    per_second: float
    most: int | None
    """Calls that are too many."""
    yes: bool
    teller: Teller
    stop: StopSignal

    def estimate(self) -> int:
        """Says what it would cost, and ends. The exit code."""
        progress = Progress()
        with self.stop.on_interrupt(), self.teller.looking() as tell:
            count(self._planner(tell), progress)
        calls = min(self.selection.sample or progress.selected, progress.selected)
        self.teller.planned(progress, calls, self.per_second)
        return INTERRUPTED if self.stop.interrupted else OK

    def go(self, path: Path) -> int:
        """The whole of it, with its journal at `path`. The exit code.

        Raises errors.FacescreenError where the function can't be reached, and click.UsageError
        where nobody agrees to pay.
        """
        invoker = self.invoker()  # what is set wrong shall show before the hours of a plan
        with closing(Journal(path, self.said)) as journal:
            return self._ended(journal, self._stopped_by(journal, invoker))

    def _stopped_by(self, journal: Journal, invoker: Invoker) -> str:
        """Goes as far as it comes; empty where that is the end."""
        submit = partial(self._submit, invoker)
        try:
            for step in (self._plan, self._agree, submit, self._wait):
                if not self.stop.requested:
                    step(journal)
        except FacescreenError as fault:
            return str(fault)
        return "by Ctrl-C" if self.stop.interrupted else ""

    def _plan(self, journal: Journal) -> None:
        progress = journal.progress()
        if not progress.planned:
            with self.stop.on_interrupt(), self.teller.looking() as tell:
                if self.selection.sample:
                    plan_sample(self._planner(tell), journal, progress, self.selection.sample)
                else:
                    plan(self._planner(tell), journal, progress)
        if not self.stop.requested:
            done = journal.done()
            self.teller.planned(progress, journal.whole() - done, self.per_second)
            if done:
                self.teller.going_on(done, journal.whole())

    def _agree(self, journal: Journal) -> None:
        """Raises click.UsageError for what nobody agrees to pay for."""
        calls = journal.whole() - journal.done()
        if self.most is not None and calls > self.most:
            raise click.UsageError(
                f"{format_cost(calls)} would be more than --most {self.most}: find out why so many "
                "objects have no verdict (facescreen doctor), then raise --most"
            )
        confirm(
            "Go on?",
            yes=self.yes or not calls,
            unasked=f"at most {format_cost(calls)}: they are paid only with --yes",
            declined="nothing was submitted or paid",
        )

    def _submit(self, invoker: Invoker, journal: Journal) -> None:
        pace = StoppablePace(self.per_second, self.stop)
        counted = self.teller.submitting(journal.done(), journal.whole())
        with self.stop.on_interrupt(), counted as tell:
            Submitter(
                journal,
                self.selection,
                invoker,
                self.read,
                self.stop,
                pace,
                self.per_second,
                tell,
            ).work()

    def _wait(self, journal: Journal) -> None:
        if self.selection.sample:
            with self.stop.on_interrupt(), self.teller.waiting(journal.whole()) as tell:
                self.teller.sampled(wait(journal, self.stands, self.stop, tell))

    def _ended(self, journal: Journal, why: str) -> int:
        """Says how far it came. The exit code."""
        ended = Ended(journal.done(), journal.whole(), self.target, journal.path, why)
        self.teller.ended(ended)
        if not why:
            journal.delete()
            return OK
        return INTERRUPTED if self.stop.interrupted else FAILED

    def _planner(self, tell: Callable[[int], object]) -> Planner:
        return Planner(self.source, self.coverage, self.read, self.stop, tell)
