"""A backfill's report for programs: JSON lines on standard output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from facescreen_cli.commands.backfill.journal import PlanProgress
from facescreen_cli.commands.backfill.reporter import BackfillSummary
from facescreen_cli.commands.backfill.sampling import SampleResult
from facescreen_cli.cost import compute_cost_usd
from facescreen_cli.output import print_json_line


class JsonReporter:
    """The port Reporter."""

    def report_plan(self, plan: PlanProgress, calls: int, per_second: float) -> None:
        print_json_line(
            event="planned",
            gone_over=plan.cursor.number,
            to_screen=plan.to_screen,
            have_a_verdict=plan.with_verdict,
            left_out=plan.left_out,
            gone=plan.gone,
            paid_calls_at_most=calls,
            cost_usd_at_most=compute_cost_usd(calls),
            seconds=round(calls / per_second),
        )

    def report_resume(self, accepted: int, total: int) -> None:
        print_json_line(event="going_on", submitted=accepted, left=total - accepted)

    def report_sample(self, result: SampleResult) -> None:
        print_json_line(
            event="sampled",
            verdicts=result.verdicts,
            waiting=result.waiting,
            flagged_share=round(result.flagged_proportion.value, 6),
            flagged_share_95=[
                round(bound, 6) for bound in result.flagged_proportion.confidence_interval
            ],
            flagged_of_all_95=result.flagged_count_range,
            screenable_share=round(result.screenable_proportion.value, 6),
            rest=result.remaining,
            rest_cost_usd_at_most=compute_cost_usd(result.remaining),
            rest_cost_usd_likely=round(result.remaining_usd, 2),
        )

    def report_summary(self, summary: BackfillSummary) -> None:
        print_json_line(
            event="ended",
            submitted=summary.accepted,
            left=summary.total - summary.accepted,
            cost_usd_at_most=compute_cost_usd(summary.accepted),
            stopped=summary.stop_reason,
            journal=str(summary.journal) if summary.stop_reason else "",
        )

    @contextmanager
    def show_scan_progress(self) -> Iterator[Callable[[int], object]]:
        yield lambda rows: print_json_line(event="looking", gone_over=rows)

    @contextmanager
    def show_submit_progress(self, accepted: int, total: int) -> Iterator[Callable[[int], object]]:
        yield _SubmitProgress(accepted, total).add

    @contextmanager
    def show_verdict_progress(self, total: int) -> Iterator[Callable[[int], object]]:
        yield lambda more: print_json_line(event="verdicts", more=more, of=total) if more else None


class _SubmitProgress:
    """Prints a line for each batch."""

    def __init__(self, accepted: int, total: int) -> None:
        self._accepted_before = self._accepted = accepted
        self._total = total
        self._started = time.monotonic()

    def add(self, more: int) -> None:
        self._accepted += more
        elapsed_s = max(time.monotonic() - self._started, 1e-6)
        rate = (self._accepted - self._accepted_before) / elapsed_s
        left = self._total - self._accepted
        print_json_line(
            event="submitted",
            submitted=self._accepted,
            left=left,
            per_second=round(rate, 2),
            seconds_left=round(left / rate) if rate else None,
            cost_usd_at_most=compute_cost_usd(self._accepted),
        )
