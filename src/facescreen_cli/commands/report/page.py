"""The report as a page that needs no other file. Every text in it may be hostile: tags are."""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib import resources
from string import Template

from facescreen.model import Verdict
from facescreen_cli.commands.report.counts import Counts, Report, newest
from facescreen_cli.commands.report.text import MOST_SHOWN, more, remedies, share
from facescreen_cli.output import replace_unprintable


def html(report: Report) -> str:
    """A whole HTML document."""
    counts = report.counts
    template = Template(resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        target=_text(report.target),
        at=_text(report.at),
        partial=_partial(report),
        verdicts="".join(_verdict(verdict, counts) for verdict in Verdict),
        remedies="".join(f"<li>{_text(line)}</li>" for line in remedies(counts)),
        days="".join(_day(*day) for day in newest(counts.days)[:MOST_SHOWN]) or _NONE,
        more_days=_text(more(len(counts.days))),
        reasons=_reasons(counts) or _NONE,
        more_reasons=_text(more(len(counts.reasons))),
    )


_NONE = "<tr><td>None.</td></tr>"


def _partial(report: Report) -> str:
    if not report.partial:
        return ""
    return f'<p class="partial" role="note">Partial: {_text(report.partial)}</p>'


def _verdict(verdict: Verdict, counts: Counts) -> str:
    count = counts.verdicts[verdict]
    return (
        f'<li><i class="{verdict.value}"></i><b>{count}</b> {_words(verdict)}'
        f"<small>{share(count, counts.screenable)}</small></li>"
    )


def _day(day: str, verdicts: Counter[Verdict]) -> str:
    total = verdicts.total()
    there = [(verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]]
    bars = "".join(_bar(verdict.value, count, total) for verdict, count in there)
    says = ", ".join(f"{count} {_words(verdict)}" for verdict, count in there)
    return f'<tr><th scope="row">{_text(day)}</th><td><div class="bar">{bars}</div>{says}</td></tr>'


def _reasons(counts: Counts) -> str:
    shown = counts.reasons.most_common(MOST_SHOWN)
    return "".join(
        f'<tr><th scope="row">{_text(reason)}</th><td><div class="bar">'
        f"{_bar('reason', count, shown[0][1])}</div>{count}</td></tr>"
        for reason, count in shown
    )


def _bar(kind: str, part: int, whole: int) -> str:
    return f'<i class="{kind}" style="width:{100 * part / whole:.2f}%"></i>'


def _words(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _text(text: str) -> str:
    return escape(replace_unprintable(text))
