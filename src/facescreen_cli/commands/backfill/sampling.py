"""Reads the verdicts of a sample, and estimates from them what all objects would show."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from facescreen.model import Verdict
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import ACCEPTED, BackfillJournal
from facescreen_cli.cost import PRICE_USD
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import NoVerdictReason, TagState, read_concurrently

MAX_IDLE_S = 300.0
"""How long to wait for the next verdict."""
_POLL_INTERVAL_S = 1.0
_OBJECTS_PER_READ = 1000
_FLAGGED_VERDICTS = (Verdict.HIGH_RISK.value, Verdict.SUSPICIOUS.value)
_SCREENABLE_VERDICTS = (*_FLAGGED_VERDICTS, Verdict.LOW_RISK.value)
_NORMAL_QUANTILE_95 = 1.959964
"""Two-sided 95% quantile of the normal distribution."""


@dataclass(frozen=True)
class Proportion:
    """A share observed in a sample, with its confidence interval."""

    count: int
    sample_size: int

    @property
    def value(self) -> float:
        """0 to 1."""
        return self.count / self.sample_size if self.sample_size else 0.0

    @property
    def confidence_interval(self) -> tuple[float, float]:
        """The 95% interval: Wilson's score interval, which also holds for small samples and shares
        near 0."""
        if not self.sample_size:
            return 0.0, 1.0
        squared = _NORMAL_QUANTILE_95**2 / self.sample_size
        center = self.value + squared / 2
        spread = math.sqrt(squared * (self.value * (1 - self.value) + squared / 4))
        low, high = ((center + sign * spread) / (1 + squared) for sign in (-1, 1))
        return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class SampleResult:
    """The verdicts of a sample, and what follows for all objects."""

    population: int
    """All objects that are to be screened, the sample included."""
    verdicts: dict[str, int]
    """Objects by verdict; those that were deleted are under the empty string."""
    waiting: int
    """Objects without a verdict yet."""

    @property
    def flagged_proportion(self) -> Proportion:
        """The flagged ones among those that can be screened."""
        return Proportion(self._sum(_FLAGGED_VERDICTS), self._sum(_SCREENABLE_VERDICTS))

    @property
    def screenable_proportion(self) -> Proportion:
        """Those that can be screened among those with a verdict. The others cost nothing."""
        return Proportion(
            self._sum(_SCREENABLE_VERDICTS), self._sum(tuple(v.value for v in Verdict))
        )

    @property
    def flagged_count_range(self) -> tuple[int, int]:
        """The fewest and the most flagged objects in the population, with 95% confidence."""
        low, high = self.flagged_proportion.confidence_interval
        screenable = self.population * self.screenable_proportion.value
        return math.floor(screenable * low), math.ceil(screenable * high)

    @property
    def remaining(self) -> int:
        """Objects outside the sample."""
        return self.population - sum(self.verdicts.values()) - self.waiting

    @property
    def remaining_usd(self) -> float:
        """The likely cost of screening the remaining objects."""
        return self.remaining * self.screenable_proportion.value * PRICE_USD

    def _sum(self, names: tuple[str, ...]) -> int:
        return sum(self.verdicts.get(name, 0) for name in names)


def wait_for_verdicts(
    journal: BackfillJournal,
    read_tags: Callable[[ObjectSummary], TagState],
    stop: StopSignal,
    on_verdicts: Callable[[int], object],
    max_idle_s: float = MAX_IDLE_S,
) -> SampleResult:
    """Read tags until every object of the sample has a verdict, or none arrived for `max_idle_s`.

    `on_verdicts` is called with how many more arrived.
    """
    deadline = time.monotonic() + max_idle_s
    while not stop.requested and (left := journal.count_waiting()):
        done = _record_verdicts(journal, read_tags, stop)
        on_verdicts(done)
        if done:
            deadline = time.monotonic() + max_idle_s
        elif time.monotonic() > deadline:
            break
        if done < left:
            time.sleep(_POLL_INTERVAL_S)
    waiting = journal.count_waiting()
    return SampleResult(journal.load_progress().to_screen, journal.count_by_verdict(), waiting)


def _record_verdicts(
    journal: BackfillJournal, read_tags: Callable[[ObjectSummary], TagState], stop: StopSignal
) -> int:
    """Returns how many more have a verdict, or were deleted."""
    done = last_id = 0
    while entries := journal.list_entries_in_state(ACCEPTED, last_id, _OBJECTS_PER_READ):
        last_id = entries[-1].id
        for entry, state in read_concurrently(entries, lambda e: (e, read_tags(e.object)), stop):
            if isinstance(state, TaggedVerdict):
                journal.mark_done(entry, state.verdict.value)
            elif state is NoVerdictReason.GONE:
                journal.mark_done(entry, "")
            else:
                continue
            done += 1
        if stop.requested:
            break
    return done
