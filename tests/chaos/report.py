"""The report of a campaign: what happened, and which promises were broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checker import Violation, explain_repetition, find_windows
from tests.chaos.evidence import Evidence

_MAX_VIOLATIONS_SHOWN = 8
_WIDTH = 44


def format_report(evidence: Evidence, violations: list[Violation]) -> str:
    """Format the counts of a campaign and its violations as text."""
    return "\n".join([*_format_counts(evidence), *_format_violations(violations)])


def _format_counts(evidence: Evidence) -> Iterator[str]:
    windows = find_windows(evidence)
    longest_ms = 1000 * max((window.duration_s for window in windows), default=0)
    calls = evidence.billed_calls
    repeated = Counter(call["sha256"] for call in calls)
    yield from _format_rows(
        {
            "requests of the uploaders": len(evidence.journal.operations),
            "objects and versions in the end": len(evidence.objects),
            "messages": len(evidence.messages),
            "dead letters": len(evidence.dead_letters),
            "calls": len(evidence.calls),
            "billed calls": len(calls),
            "bytes billed more than once": sum(count > 1 for count in repeated.values()),
            "samples in the named window (stretches)": len(windows),
            "the longest of them in ms": round(longest_ms),
        }
    )
    yield "reads while the campaign ran"
    yield from _format_rows(evidence.read_counts)
    yield "verdicts in the end"
    yield from _format_rows(Counter(one.verdict or "none" for one in evidence.objects))
    yield "invocations"
    yield from _format_rows(Counter(one["status"] for one in evidence.invocations))
    yield "why bytes were billed again"
    reasons = Counter(
        explain_repetition(evidence, call) or "no reason"
        for call in calls
        if repeated[call["sha256"]] > 1
    )
    yield from _format_rows(reasons)
    yield "faults, and phases with a behaviour"
    yield from _format_rows(evidence.injected)


def _format_rows(counts: dict[str, int] | Counter[str]) -> Iterator[str]:
    for name, count in sorted(counts.items()) if isinstance(counts, Counter) else counts.items():
        yield f"  {name:{_WIDTH}} {count:7}"


def _format_violations(violations: list[Violation]) -> Iterator[str]:
    yield f"violations: {len(violations)}"
    for promise, count in Counter(one.promise for one in violations).most_common():
        yield f"  {promise:{_WIDTH}} {count:7}"
        shown = [one for one in violations if one.promise == promise][:_MAX_VIOLATIONS_SHOWN]
        yield from (f"    {one.subject}: {one.text}" for one in shown)
