"""What a backfill says to people: sentences on standard output, bars on standard error."""

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

from facescreen_cli.commands.backfill.journal import Progress as Planned
from facescreen_cli.commands.backfill.reporter import Ended
from facescreen_cli.commands.backfill.sampling import Sampled
from facescreen_cli.cost import PRICE_USD, format_cost
from facescreen_cli.output import print_note, progress_bar, replace_unprintable


class Sentences:
    """The port Teller."""

    def planned(self, planned: Planned, calls: int, per_second: float) -> None:
        click.echo(
            f"{planned.mark.number} gone over: {planned.selected} to screen, {planned.standing} "
            f"have a verdict, {planned.left_out} left out by prefix, time or filters, "
            f"{planned.gone} gone meanwhile."
        )
        if calls:
            click.echo(
                f"At most {format_cost(calls)}: files that can't be screened are not charged. "
                f"At {per_second:g} a second this takes {_duration(calls / per_second)}."
            )

    def going_on(self, accepted: int, whole: int) -> None:
        click.echo(f"Going on with a backfill: {accepted} of {whole} were submitted.")

    def sampled(self, sampled: Sampled) -> None:
        named = sorted(sampled.verdicts.items())
        verdicts = [f"{count} {name.replace('_', ' ') or 'gone'}" for name, count in named]
        click.echo(f"The sample: {', '.join(verdicts) or 'no verdict'}.")
        if sampled.waiting:
            click.echo(f"{sampled.waiting} have no verdict yet: they don't count below.")
        low, high = sampled.flagged.interval
        fewest, most = sampled.flagged_of_all
        click.echo(
            f"Flagged are {sampled.flagged.value:.1%} of what can be screened, between {low:.1%} "
            f"and {high:.1%} by 95%: of all {sampled.population}, {fewest} to {most}."
        )
        click.echo(
            f"The rest costs at most {format_cost(sampled.rest)}; likely USD "
            f"{sampled.rest_usd:.2f}, as {sampled.screenable.value:.1%} can be screened."
        )

    def ended(self, ended: Ended) -> None:
        click.echo(
            f"{ended.accepted} of {ended.whole} submitted: at most {format_cost(ended.accepted)}."
        )
        if ended.why:
            print_note(
                f"Stopped: {replace_unprintable(ended.why)}\nThe same command goes on from here. "
                f"{replace_unprintable(str(ended.journal))} knows what was submitted."
            )
        elif ended.accepted:
            click.echo(
                f"See what came of them: facescreen report {replace_unprintable(ended.target)}"
            )

    @contextmanager
    def looking(self) -> Iterator[Callable[[int], object]]:
        columns = (TextColumn("{task.completed} gone over"), _Rate())
        with progress_bar(*columns, total=None) as bar:
            yield bar.set_completed

    @contextmanager
    def submitting(self, accepted: int, whole: int) -> Iterator[Callable[[int], object]]:
        columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(), _Cost())
        with progress_bar("submitted", *columns, total=whole, completed=accepted) as bar:
            yield bar.advance

    @contextmanager
    def waiting(self, whole: int) -> Iterator[Callable[[int], object]]:
        with progress_bar("verdicts", BarColumn(), MofNCompleteColumn(), total=whole) as bar:
            yield bar.advance


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


class _Cost(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"at most USD {task.completed * PRICE_USD:.2f}")


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"
