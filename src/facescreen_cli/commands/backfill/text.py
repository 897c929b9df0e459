"""A backfill's report for people: sentences on standard output, bars on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from facescreen_cli.commands.backfill.journal import PlanProgress
from facescreen_cli.commands.backfill.reporter import BackfillSummary
from facescreen_cli.commands.backfill.sampling import SampleResult
from facescreen_cli.cost import PRICE_USD, format_cost
from facescreen_cli.output import print_note, replace_unprintable, show_progress_bar


class TextReporter:
    """The port Reporter."""

    def report_plan(self, plan: PlanProgress, calls: int, per_second: float) -> None:
        reasons = "; ".join(sorted(plan.exclusion_reasons))
        left_out = f"{plan.left_out} left out" + (f" ({reasons})" if reasons else "")
        click.echo(
            f"{plan.cursor.number} checked: {plan.to_screen} to screen, {plan.with_verdict} have a "
            f"verdict, {left_out}, {plan.gone} deleted meanwhile."
        )
        if calls:
            click.echo(
                f"At most {format_cost(calls)}: files that can't be screened are not charged. "
                f"At {per_second:g} a second this takes {_format_duration(calls / per_second)}."
            )

    def report_resume(self, accepted: int, total: int) -> None:
        click.echo(f"Resuming a backfill: {accepted} of {total} were submitted.")

    def report_sample(self, result: SampleResult) -> None:
        counts = sorted(result.verdicts.items())
        verdicts = [f"{count} {name.replace('_', ' ') or 'deleted'}" for name, count in counts]
        click.echo(f"The sample: {', '.join(verdicts) or 'no verdict'}.")
        if result.waiting:
            click.echo(f"{result.waiting} have no verdict yet and are not counted below.")
        flagged, screenable = result.flagged_proportion, result.screenable_proportion
        low, high = flagged.confidence_interval
        fewest, most = result.flagged_count_range
        click.echo(
            f"Flagged: {flagged.value:.1%} of what can be screened (95% interval: {low:.1%} "
            f"to {high:.1%}), so {fewest} to {most} of all {result.population} objects."
        )
        click.echo(
            f"The rest costs at most {format_cost(result.remaining)}; likely USD "
            f"{result.remaining_usd:.2f}, as {screenable.value:.1%} can be screened."
        )

    def report_summary(self, summary: BackfillSummary) -> None:
        click.echo(
            f"{summary.accepted} of {summary.total} submitted: at most "
            f"{format_cost(summary.accepted)}."
        )
        if summary.stop_reason:
            print_note(
                f"Stopped: {replace_unprintable(summary.stop_reason)}\n"
                "Run the same command again to continue. What was submitted is recorded in "
                f"{replace_unprintable(str(summary.journal))}."
            )
        elif summary.accepted:
            target = replace_unprintable(summary.target)
            click.echo(f"See the verdicts with: facescreen report {target}")

    @contextmanager
    def show_scan_progress(self) -> Iterator[Callable[[int], object]]:
        columns = (TextColumn("{task.completed} checked"), _RateColumn())
        with show_progress_bar(*columns, total=None) as bar:
            yield bar.set_completed

    @contextmanager
    def show_submit_progress(self, accepted: int, total: int) -> Iterator[Callable[[int], object]]:
        columns = (
            *("submitted", BarColumn(), MofNCompleteColumn()),
            *(_RateColumn(), TimeRemainingColumn(), _CostColumn()),
        )
        with show_progress_bar(*columns, total=total, completed=accepted) as bar:
            yield bar.advance

    @contextmanager
    def show_verdict_progress(self, total: int) -> Iterator[Callable[[int], object]]:
        with show_progress_bar("verdicts", BarColumn(), MofNCompleteColumn(), total=total) as bar:
            yield bar.advance


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


class _CostColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"at most USD {task.completed * PRICE_USD:.2f}")


def _format_duration(seconds: float) -> str:
    for unit, length_s in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.1f} {unit}"
    return f"{seconds:.0f} seconds"
