"""The report for a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from facescreen.model import Verdict
from facescreen_cli.commands.report.counts import Counts, Report, newest
from facescreen_cli.output import print_note, print_rich, replace_unprintable, to_json
from facescreen_cli.verdicts import NoVerdict

_WIDTH = 100
MOST_SHOWN = 30
"""Reasons, and days."""
_REMEDIES = {
    NoVerdict.STALE: "overwritten since, so the verdict that stands there is of other bytes. "
    "A backfill would screen them.",
    NoVerdict.UNSCREENED: "there before the function was, or not reached yet. "
    "A backfill would screen them.",
    NoVerdict.UNREAD: "not read, as OSS did not answer. Ask for the report again.",
    NoVerdict.SKIPPED: "nothing that the function screens, by its filters.",
    NoVerdict.GONE: "deleted meanwhile.",
}


def _document(report: Report) -> dict[str, Any]:
    counts = report.counts
    return {
        "target": report.target,
        "at": report.at,
        "partial": report.partial,
        "objects": counts.objects,
        "verdicts": by_verdict(counts.verdicts),
        **{apart.value: counts.apart[apart] for apart in NoVerdict},
        "reasons": dict(counts.reasons.most_common()),
        "days": {day: by_verdict(verdicts) for day, verdicts in newest(counts.days)},
    }


def by_verdict(verdicts: Counter[Verdict]) -> dict[str, int]:
    """Each verdict's count, 0 too."""
    return {verdict.value: verdicts[verdict] for verdict in Verdict}


def tell(report: Report, *, as_json: bool) -> None:
    """On standard output; on standard error, why it is partial."""
    if as_json:
        click.echo(to_json(_document(report)))
    else:
        _tell_people(report)
    if report.partial:
        print_note(f"Partial: {replace_unprintable(report.partial)}")


def _tell_people(report: Report) -> None:
    """Tables and remedies."""
    counts = report.counts
    title = f"{report.target}, {report.at}"
    title += f" (partial: {report.partial})" if report.partial else ""
    print_rich(Text(replace_unprintable(title)), width=_WIDTH)
    if not counts.objects:
        print_rich("No object was counted.", width=_WIDTH)
        return
    tables = [_verdicts(counts)]
    tables += [_reasons(counts)] if counts.reasons else []
    tables += [_days(counts)] if counts.days else []
    print_rich(*tables, *map(Text, remedies(counts)), width=_WIDTH)


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
    for apart in (NoVerdict.STALE, NoVerdict.UNSCREENED, NoVerdict.UNREAD):
        count = counts.apart[apart]
        table.add_row(f"({apart.value})", str(count), share(count, counts.screenable))
    return table


def _reasons(counts: Counts) -> Table:
    table = _table("reason", "objects", caption=more(len(counts.reasons)))
    for reason, count in counts.reasons.most_common(MOST_SHOWN):
        table.add_row(Text(replace_unprintable(reason)), str(count))
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
