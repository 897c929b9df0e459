"""The report as a page that needs no other file. Tags may hold anything: every text is escaped."""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib import resources
from string import Template

from facescreen.model import Verdict
from facescreen_cli.commands.report.counts import BucketReport, VerdictCounts, newest_first
from facescreen_cli.commands.report.text import (
    MAX_TABLE_ROWS,
    format_omitted_rows,
    format_remedies,
    format_share,
)
from facescreen_cli.output import replace_unprintable


def render_html(report: BucketReport) -> str:
    """A complete HTML document."""
    counts = report.counts
    template = Template(resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        target=_escape_text(report.target),
        at=_escape_text(report.at),
        partial=_render_partial_note(report),
        verdicts="".join(_render_verdict_item(verdict, counts) for verdict in Verdict),
        remedies="".join(f"<li>{_escape_text(line)}</li>" for line in format_remedies(counts)),
        days="".join(_render_day_row(*day) for day in newest_first(counts.days)[:MAX_TABLE_ROWS])
        or _EMPTY_ROW,
        more_days=_escape_text(format_omitted_rows(len(counts.days))),
        reasons=_render_reason_rows(counts) or _EMPTY_ROW,
        more_reasons=_escape_text(format_omitted_rows(len(counts.reasons))),
    )


_EMPTY_ROW = "<tr><td>None.</td></tr>"


def _render_partial_note(report: BucketReport) -> str:
    if not report.partial:
        return ""
    return f'<p class="partial" role="note">Partial: {_escape_text(report.partial)}</p>'


def _render_verdict_item(verdict: Verdict, counts: VerdictCounts) -> str:
    count = counts.verdicts[verdict]
    return (
        f'<li><i class="{verdict.value}"></i><b>{count}</b> {_format_verdict(verdict)}'
        f"<small>{format_share(count, counts.screenable_count)}</small></li>"
    )


def _render_day_row(day: str, verdicts: Counter[Verdict]) -> str:
    total = verdicts.total()
    present = [(verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]]
    bars = "".join(_render_bar_segment(verdict.value, count, total) for verdict, count in present)
    caption = ", ".join(f"{count} {_format_verdict(verdict)}" for verdict, count in present)
    return (
        f'<tr><th scope="row">{_escape_text(day)}</th>'
        f'<td><div class="bar">{bars}</div>{caption}</td></tr>'
    )


def _render_reason_rows(counts: VerdictCounts) -> str:
    shown = counts.reasons.most_common(MAX_TABLE_ROWS)
    return "".join(
        f'<tr><th scope="row">{_escape_text(reason)}</th><td><div class="bar">'
        f"{_render_bar_segment('reason', count, shown[0][1])}</div>{count}</td></tr>"
        for reason, count in shown
    )


def _render_bar_segment(kind: str, count: int, total: int) -> str:
    return f'<i class="{kind}" style="width:{100 * count / total:.2f}%"></i>'


def _format_verdict(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _escape_text(text: str) -> str:
    return escape(replace_unprintable(text))
