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
from facescreen_cli.cost import PRICE_USD, costs
from facescreen_cli.output import note, printable, progress


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
                f"At most {costs(calls)}: what can't be screened is refused before it is paid. "
                f"At {per_second:g} a second it takes {_duration(calls / per_second)}."
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
            f"The rest costs at most {costs(sampled.rest)}; likely USD {sampled.rest_usd:.2f}, "
            f"as {sampled.screenable.value:.1%} can be screened."
        )

    def ended(self, ended: Ended) -> None:
        click.echo(f"{ended.accepted} of {ended.whole} submitted: at most {costs(ended.accepted)}.")
        if ended.why:
            note(
                f"Stopped: {printable(ended.why)}\nThe same command goes on from here. "
                f"{printable(str(ended.journal))} knows what was submitted."
            )
        elif ended.accepted:
            click.echo(f"See what came of them: facescreen report {printable(ended.target)}")

    @contextmanager
    def looking(self) -> Iterator[Callable[[int], object]]:
        columns = (TextColumn("{task.completed} gone over"), _Rate())
        with progress(*columns, total=None) as bar:
            yield bar.reach

    @contextmanager
    def submitting(self, accepted: int, whole: int) -> Iterator[Callable[[int], object]]:
        columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(), _Cost())
        with progress("submitted", *columns, total=whole, completed=accepted) as bar:
            yield bar.advance

    @contextmanager
    def waiting(self, whole: int) -> Iterator[Callable[[int], object]]:
        with progress("verdicts", BarColumn(), MofNCompleteColumn(), total=whole) as bar:
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
