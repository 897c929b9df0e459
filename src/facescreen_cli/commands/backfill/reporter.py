"""What a backfill reports, whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from facescreen_cli.commands.backfill.journal import PlanProgress
from facescreen_cli.commands.backfill.sampling import SampleResult

ProgressContext = AbstractContextManager[Callable[[int], object]]


@dataclass(frozen=True)
class BackfillSummary:
    """How many objects a run submitted, and why it stopped."""

    accepted: int
    total: int
    target: str
    journal: Path
    stop_reason: str = ""
    """Empty if the run completed."""


class Reporter(Protocol):
    """Prints each step of a backfill."""

    def report_plan(self, plan: PlanProgress, calls: int, per_second: float) -> None:
        """Print what was found, and what `calls` cost at most."""

    def report_resume(self, accepted: int, total: int) -> None:
        """Print that an earlier run submitted some of the objects."""

    def report_sample(self, result: SampleResult) -> None:
        """Print what a sample says about all objects."""

    def report_summary(self, summary: BackfillSummary) -> None:
        """Print how many objects were submitted."""

    def show_scan_progress(self) -> ProgressContext:
        """Yields a function to call with the number of rows read so far."""

    def show_submit_progress(self, accepted: int, total: int) -> ProgressContext:
        """Yields a function to call with how many more objects were accepted. It shows the rate,
        the time left and the cost so far."""

    def show_verdict_progress(self, total: int) -> ProgressContext:
        """Yields a function to call with how many more verdicts were read."""
