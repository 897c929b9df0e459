"""The report for a terminal, and as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from facescreen.model import Verdict
from facescreen_cli.commands.report.counts import Counts, Report, newest
from facescreen_cli.output import printable
from facescreen_cli.verdicts import Apart

MOST_SHOWN = 30
"""Reasons, and days."""
_REMEDIES = {
    Apart.STALE: "overwritten since, so the verdict that stands there is of other bytes. "
    "A backfill would screen them.",
    Apart.UNSCREENED: "there before the function was, or not reached yet. "
    "A backfill would screen them.",
    Apart.UNREAD: "not read, as OSS did not answer. Ask for the report again.",
    Apart.SKIPPED: "nothing that the function screens, by its filters.",
    Apart.GONE: "deleted meanwhile.",
}


def _json(report: Report) -> str:
    """One JSON object, whole."""
    counts = report.counts
    document: dict[str, Any] = {
        "target": report.target,
        "at": report.at,
        "partial": report.partial,
        "objects": counts.objects,
        "verdicts": by_verdict(counts.verdicts),
        **{apart.value: counts.apart[apart] for apart in Apart},
        "reasons": dict(counts.reasons.most_common()),
        "days": {day: by_verdict(verdicts) for day, verdicts in newest(counts.days)},
    }
    return json.dumps(document, indent=1)


def by_verdict(verdicts: Counter[Verdict]) -> dict[str, int]:
    """Each verdict's count, 0 too."""
    return {verdict.value: verdicts[verdict] for verdict in Verdict}


def tell(report: Report, *, as_json: bool) -> None:
    """On standard output; on standard error, why it is partial."""
    if as_json:
        click.echo(_json(report))
    else:
        _tell_people(report)
    if report.partial:
        click.echo(f"Partial: {printable(report.partial)}", err=True)


def _tell_people(report: Report) -> None:
    """Tables and remedies."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    title = f"{report.target}, {report.at}"
    title += f" (partial: {report.partial})" if report.partial else ""
    console.print(Text(printable(title)))
    if not report.counts.objects:
        console.print("No object was counted.")
        return
    console.print(_verdicts(report.counts))
    if report.counts.reasons:
        console.print(_reasons(report.counts))
    if report.counts.days:
        console.print(_days(report.counts))
    for line in remedies(report.counts):
        console.print(Text(line))


def remedies(counts: Counts) -> list[str]:
    """A sentence or two for each kind of object that no verdict stands on."""
    return [
        f"{counts.apart[apart]} {apart.value}: {says}"
        for apart, says in _REMEDIES.items()
        if counts.apart[apart]
    ]


def share(part: int, whole: int) -> str:
    """``12.5%``."""
    return f"{100 * part / whole:.1f}%" if whole else ""


def more(items: int) -> str:
    """What is said of those beyond MOST_SHOWN."""
    return f"{items - MOST_SHOWN} more: --json names them." if items > MOST_SHOWN else ""


def _verdicts(counts: Counts) -> Table:
    table = _table("verdict", "objects", "share")
    for verdict in Verdict:
        count = counts.verdicts[verdict]
        table.add_row(verdict.value, str(count), share(count, counts.screenable))
    for apart in (Apart.STALE, Apart.UNSCREENED, Apart.UNREAD):
        count = counts.apart[apart]
        table.add_row(f"({apart.value})", str(count), share(count, counts.screenable))
    return table


def _reasons(counts: Counts) -> Table:
    table = _table("reason", "objects", caption=more(len(counts.reasons)))
    for reason, count in counts.reasons.most_common(MOST_SHOWN):
        table.add_row(Text(printable(reason)), str(count))
    return table


def _days(counts: Counts) -> Table:
    names = [verdict.value for verdict in Verdict]
    table = _table("day (UTC)", *names, caption=more(len(counts.days)))
    for day, verdicts in newest(counts.days)[:MOST_SHOWN]:
        table.add_row(day, *(str(count) for count in by_verdict(verdicts).values()))
    return table


def _table(first: str, *numbers: str, caption: str = "") -> Table:
    table = Table(caption=caption or None)
    table.add_column(first, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


@contextmanager
def progress() -> Iterator[Callable[[], object]]:
    """A count on standard error, if that is a terminal; what comes moves it on by one."""
    console = Console(stderr=True)
    looked_at = TextColumn("{task.completed} looked at")
    columns = (SpinnerColumn(), looked_at, TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda: bar.advance(task)
