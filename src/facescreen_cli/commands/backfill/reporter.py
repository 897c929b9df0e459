"""What a backfill says, whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from facescreen_cli.commands.backfill.journal import Progress
from facescreen_cli.commands.backfill.sampling import Sampled

Count = AbstractContextManager[Callable[[int], object]]


@dataclass(frozen=True)
class Ended:
    """How far it came."""

    accepted: int
    whole: int
    target: str
    journal: Path
    why: str = ""
    """Why it ended before its end, if it did."""


class Teller(Protocol):
    """Says each thing at its time."""

    def planned(self, planned: Progress, calls: int, per_second: float) -> None:
        """What was found, and what so many calls cost at most."""

    def going_on(self, accepted: int, whole: int) -> None:
        """That an earlier run did a part."""

    def sampled(self, sampled: Sampled) -> None:
        """What a sample says of all."""

    def ended(self, ended: Ended) -> None:
        """How far it came."""

    def looking(self) -> Count:
        """What it gives hears how many rows were gone over."""

    def submitting(self, accepted: int, whole: int) -> Count:
        """What it gives hears how many more were accepted: rate, time left, cost so far."""

    def waiting(self, whole: int) -> Count:
        """What it gives hears how many more verdicts came."""
