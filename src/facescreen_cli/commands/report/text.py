"""The report for a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from facescreen.model import Verdict
from facescreen_cli.commands.report.counts import BucketReport, VerdictCounts, newest_first
from facescreen_cli.output import print_note, print_rich, replace_unprintable, to_json
from facescreen_cli.verdicts import NoVerdictReason

_TABLE_WIDTH = 100
MAX_TABLE_ROWS = 30
"""Reasons, and days."""
_REMEDY_BY_STATE = {
    NoVerdictReason.STALE: "overwritten after their verdict. A backfill would screen them.",
    NoVerdictReason.UNSCREENED: "older than the function, or not screened yet. "
    "A backfill would screen them.",
    NoVerdictReason.UNREAD: "not read: the store refused it or did not respond. "
    "Run the report again.",
    NoVerdictReason.SKIPPED: "excluded by the function's filters.",
    NoVerdictReason.GONE: "deleted meanwhile.",
}


def _build_document(report: BucketReport) -> dict[str, Any]:
    counts = report.counts
    return {
        "target": report.target,
        "at": report.at,
        "partial": report.partial,
        "objects": counts.object_count,
        "verdicts": count_by_verdict(counts.verdicts),
        **{
            without_verdict.value: counts.without_verdict[without_verdict]
            for without_verdict in NoVerdictReason
        },
        "reasons": dict(counts.reasons.most_common()),
        "days": {day: count_by_verdict(verdicts) for day, verdicts in newest_first(counts.days)},
    }


def count_by_verdict(verdicts: Counter[Verdict]) -> dict[str, int]:
    """The count of each verdict, 0 included."""
    return {verdict.value: verdicts[verdict] for verdict in Verdict}


def print_report(report: BucketReport, *, as_json: bool) -> None:
    """Print the report on standard output, and on standard error why it is partial."""
    if as_json:
        click.echo(to_json(_build_document(report)))
    else:
        _print_tables(report)
    if report.partial:
        print_note(f"Partial: {replace_unprintable(report.partial)}")


def _print_tables(report: BucketReport) -> None:
    """Print the tables, then what to do about objects without a verdict."""
    counts = report.counts
    title = f"{report.target}, {report.at}"
    title += f" (partial: {report.partial})" if report.partial else ""
    print_rich(Text(replace_unprintable(title)), width=_TABLE_WIDTH)
    if not counts.object_count:
        print_rich("No object was counted.", width=_TABLE_WIDTH)
        return
    tables = [_build_verdict_table(counts)]
    tables += [_build_reason_table(counts)] if counts.reasons else []
    tables += [_build_day_table(counts)] if counts.days else []
    print_rich(*tables, *map(Text, format_remedies(counts)), width=_TABLE_WIDTH)


def format_remedies(counts: VerdictCounts) -> list[str]:
    """A sentence or two for each kind of object without a verdict."""
    return [
        f"{counts.without_verdict[without_verdict]} {without_verdict.value}: {remedy}"
        for without_verdict, remedy in _REMEDY_BY_STATE.items()
        if counts.without_verdict[without_verdict]
    ]


def format_share(part: int, whole: int) -> str:
    """``12.5%``."""
    return f"{100 * part / whole:.1f}%" if whole else ""


def format_omitted_rows(row_count: int) -> str:
    """A note on the rows beyond MAX_TABLE_ROWS; empty if there are none."""
    return f"{row_count - MAX_TABLE_ROWS} more: see --json." if row_count > MAX_TABLE_ROWS else ""


def _build_verdict_table(counts: VerdictCounts) -> Table:
    table = _create_table("verdict", "objects", "share")
    for verdict in Verdict:
        count = counts.verdicts[verdict]
        table.add_row(verdict.value, str(count), format_share(count, counts.screenable_count))
    for without_verdict in (
        NoVerdictReason.STALE,
        NoVerdictReason.UNSCREENED,
        NoVerdictReason.UNREAD,
    ):
        count = counts.without_verdict[without_verdict]
        table.add_row(
            f"({without_verdict.value})", str(count), format_share(count, counts.screenable_count)
        )
    return table


def _build_reason_table(counts: VerdictCounts) -> Table:
    table = _create_table("reason", "objects", caption=format_omitted_rows(len(counts.reasons)))
    for reason, count in counts.reasons.most_common(MAX_TABLE_ROWS):
        table.add_row(Text(replace_unprintable(reason)), str(count))
    return table


def _build_day_table(counts: VerdictCounts) -> Table:
    names = [verdict.value for verdict in Verdict]
    table = _create_table("day (UTC)", *names, caption=format_omitted_rows(len(counts.days)))
    for day, verdicts in newest_first(counts.days)[:MAX_TABLE_ROWS]:
        table.add_row(day, *(str(count) for count in count_by_verdict(verdicts).values()))
    return table


def _create_table(first_heading: str, *number_headings: str, caption: str = "") -> Table:
    table = Table(caption=caption or None)
    table.add_column(first_heading, overflow="fold")
    for heading in number_headings:
        table.add_column(heading, justify="right")
    return table
