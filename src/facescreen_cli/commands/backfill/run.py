"""The steps of a backfill: plan, show the cost, ask, submit, and wait for a sample's verdicts."""

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
from facescreen_cli.commands.backfill.journal import BackfillJournal, PlanProgress
from facescreen_cli.commands.backfill.planning import Planner, count_objects, plan_all, plan_sample
from facescreen_cli.commands.backfill.reporter import BackfillSummary, Reporter
from facescreen_cli.commands.backfill.sampling import wait_for_verdicts
from facescreen_cli.commands.backfill.selection import Selection, SelectionFilter
from facescreen_cli.commands.backfill.sources import ObjectSource
from facescreen_cli.commands.backfill.submitting import Submitter
from facescreen_cli.cost import confirm, format_cost
from facescreen_cli.exit_codes import FAILED, INTERRUPTED, OK
from facescreen_cli.interrupt import StoppableRateLimiter, StopSignal
from facescreen_cli.verdicts import TagState


@dataclass(frozen=True)
class Backfill:
    """One backfill, checked and connected."""

    selection: Selection
    request: dict[str, Any]
    """The selection and the settings that affect it. A journal continues only the same request."""
    target: str
    source: ObjectSource
    selection_filter: SelectionFilter
    read_tags_to_plan: Callable[[ObjectSummary], TagState]
    """With --force it reports every object as unscreened."""
    read_tags: Callable[[ObjectSummary], TagState]
    connect_invoker: Callable[[], Invoker]
    per_second: float
    max_calls: int | None
    """Refuse to submit more than this; None for no limit."""
    yes: bool
    reporter: Reporter
    stop: StopSignal

    def estimate(self) -> int:
        """Report what the backfill would cost. Returns the exit code."""
        progress = PlanProgress()
        with self.stop.stop_on_interrupt(), self.reporter.show_scan_progress() as on_progress:
            count_objects(self._create_planner(on_progress), progress)
        calls = min(self.selection.sample or progress.to_screen, progress.to_screen)
        self.reporter.report_plan(progress, calls, self.per_second)
        return INTERRUPTED if self.stop.interrupted else OK

    def run(self, path: Path) -> int:
        """Run all steps, with the journal at `path`. Returns the exit code.

        Raises errors.FacescreenError if the function can't be reached, and click.UsageError if
        the cost is not confirmed.
        """
        invoker = self.connect_invoker()  # a wrong setting must show before hours of planning
        with closing(BackfillJournal(path, self.request)) as journal:
            return self._finish(journal, self._run_steps(journal, invoker))

    def _run_steps(self, journal: BackfillJournal, invoker: Invoker) -> str:
        """Returns why it stopped early; empty if it completed."""
        submit = partial(self._submit, invoker)
        try:
            for step in (self._plan, self._confirm, submit, self._wait_for_sample):
                if not self.stop.requested:
                    step(journal)
        except FacescreenError as error:
            return str(error)
        return "by Ctrl-C" if self.stop.interrupted else ""

    def _plan(self, journal: BackfillJournal) -> None:
        progress = journal.load_progress()
        if not progress.is_complete:
            with self.stop.stop_on_interrupt(), self.reporter.show_scan_progress() as on_progress:
                planner = self._create_planner(on_progress)
                if self.selection.sample:
                    plan_sample(planner, journal, progress, self.selection.sample)
                else:
                    plan_all(planner, journal, progress)
        if not self.stop.requested:
            accepted, total = journal.count_accepted(), journal.count_all()
            self.reporter.report_plan(progress, total - accepted, self.per_second)
            if accepted:
                self.reporter.report_resume(accepted, total)

    def _confirm(self, journal: BackfillJournal) -> None:
        """Raises click.UsageError if the cost is not confirmed."""
        calls = journal.count_all() - journal.count_accepted()
        if self.max_calls is not None and calls > self.max_calls:
            raise click.UsageError(
                f"{format_cost(calls)} would be more than --most {self.max_calls}: find out why so "
                "many objects have no verdict (facescreen doctor), then raise --most"
            )
        confirm(
            "Submit them?",
            yes=self.yes or not calls,
            if_no_terminal=f"at most {format_cost(calls)}: they are paid only with --yes",
            if_declined="nothing was submitted or paid for",
        )

    def _submit(self, invoker: Invoker, journal: BackfillJournal) -> None:
        rate_limiter = StoppableRateLimiter(self.per_second, self.stop)
        bar = self.reporter.show_submit_progress(journal.count_accepted(), journal.count_all())
        with self.stop.stop_on_interrupt(), bar as on_accepted:
            Submitter(
                journal,
                self.selection,
                invoker,
                self.read_tags_to_plan,
                self.stop,
                rate_limiter,
                self.per_second,
                on_accepted,
            ).submit_all()

    def _wait_for_sample(self, journal: BackfillJournal) -> None:
        if self.selection.sample:
            bar = self.reporter.show_verdict_progress(journal.count_all())
            with self.stop.stop_on_interrupt(), bar as on_verdicts:
                result = wait_for_verdicts(journal, self.read_tags, self.stop, on_verdicts)
                self.reporter.report_sample(result)

    def _finish(self, journal: BackfillJournal, stop_reason: str) -> int:
        """Report how far it got. Returns the exit code."""
        accepted, total = journal.count_accepted(), journal.count_all()
        self.reporter.report_summary(
            BackfillSummary(accepted, total, self.target, journal.path, stop_reason)
        )
        if not stop_reason:
            journal.delete()
            return OK
        return INTERRUPTED if self.stop.interrupted else FAILED

    def _create_planner(self, on_progress: Callable[[int], object]) -> Planner:
        return Planner(
            self.source, self.selection_filter, self.read_tags_to_plan, self.stop, on_progress
        )
