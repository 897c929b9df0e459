"""What a backfill says to programs: JSON lines on standard output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from facescreen_cli.commands.backfill.journal import Progress as Planned
from facescreen_cli.commands.backfill.reporter import Ended
from facescreen_cli.commands.backfill.sampling import Sampled
from facescreen_cli.cost import cost_usd
from facescreen_cli.output import print_json_line


class Lines:
    """The port Teller."""

    def planned(self, planned: Planned, calls: int, per_second: float) -> None:
        print_json_line(
            event="planned",
            gone_over=planned.mark.number,
            to_screen=planned.selected,
            have_a_verdict=planned.standing,
            left_out=planned.left_out,
            gone=planned.gone,
            paid_calls_at_most=calls,
            cost_usd_at_most=cost_usd(calls),
            seconds=round(calls / per_second),
        )

    def going_on(self, accepted: int, whole: int) -> None:
        print_json_line(event="going_on", submitted=accepted, left=whole - accepted)

    def sampled(self, sampled: Sampled) -> None:
        print_json_line(
            event="sampled",
            verdicts=sampled.verdicts,
            waiting=sampled.waiting,
            flagged_share=round(sampled.flagged.value, 6),
            flagged_share_95=[round(end, 6) for end in sampled.flagged.interval],
            flagged_of_all_95=sampled.flagged_of_all,
            screenable_share=round(sampled.screenable.value, 6),
            rest=sampled.rest,
            rest_cost_usd_at_most=cost_usd(sampled.rest),
            rest_cost_usd_likely=round(sampled.rest_usd, 2),
        )

    def ended(self, ended: Ended) -> None:
        print_json_line(
            event="ended",
            submitted=ended.accepted,
            left=ended.whole - ended.accepted,
            cost_usd_at_most=cost_usd(ended.accepted),
            stopped=ended.why,
            journal=str(ended.journal) if ended.why else "",
        )

    @contextmanager
    def looking(self) -> Iterator[Callable[[int], object]]:
        yield lambda rows: print_json_line(event="looking", gone_over=rows)

    @contextmanager
    def submitting(self, accepted: int, whole: int) -> Iterator[Callable[[int], object]]:
        yield _Submitted(accepted, whole).add

    @contextmanager
    def waiting(self, whole: int) -> Iterator[Callable[[int], object]]:
        yield lambda more: print_json_line(event="verdicts", more=more, of=whole) if more else None


class _Submitted:
    """A line for each batch."""

    def __init__(self, accepted: int, whole: int) -> None:
        self._before = self._accepted = accepted
        self._whole = whole
        self._started = time.monotonic()

    def add(self, more: int) -> None:
        self._accepted += more
        took = max(time.monotonic() - self._started, 1e-6)
        rate, left = (self._accepted - self._before) / took, self._whole - self._accepted
        print_json_line(
            event="submitted",
            submitted=self._accepted,
            left=left,
            per_second=round(rate, 2),
            seconds_left=round(left / rate) if rate else None,
            cost_usd_at_most=cost_usd(self._accepted),
        )
