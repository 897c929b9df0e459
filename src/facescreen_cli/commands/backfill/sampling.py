"""The verdicts of a sample, and what they say of all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from facescreen.model import Verdict
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import ACCEPTED, Journal
from facescreen_cli.cost import PRICE_USD
from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import NoVerdict, TagState, read_concurrently

PATIENCE_S = 300.0
"""Without a new verdict."""
_POLL_S = 1.0
_AT_ONCE = 1000
_FLAGGED = (Verdict.HIGH_RISK.value, Verdict.SUSPICIOUS.value)
_RESULTS = (*_FLAGGED, Verdict.LOW_RISK.value)
_Z95 = 1.959964
"""Two-sided 95% of the normal distribution."""


@dataclass(frozen=True)
class Share:
    """Of some objects, and between what it lies for all of them, by 95%."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """0 to 1."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval, which holds for few objects and shares near 0 too."""
        if not self.whole:
            return 0.0, 1.0
        squared = _Z95**2 / self.whole
        middle = self.value + squared / 2
        spread = math.sqrt(squared * (self.value * (1 - self.value) + squared / 4))
        low, high = ((middle + sign * spread) / (1 + squared) for sign in (-1, 1))
        return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class Sampled:
    """What a sample said."""

    population: int
    """All that are to be screened, the sample too."""
    verdicts: dict[str, int]
    """By verdict; under the empty text what is not there any more."""
    waiting: int
    """Without a verdict yet."""

    @property
    def flagged(self) -> Share:
        """Of what can be screened."""
        return Share(self._sum(_FLAGGED), self._sum(_RESULTS))

    @property
    def screenable(self) -> Share:
        """Of what came to a verdict: the rest of it costs nothing."""
        return Share(self._sum(_RESULTS), self._sum(tuple(one.value for one in Verdict)))

    @property
    def flagged_of_all(self) -> tuple[int, int]:
        """The fewest and the most, by 95%."""
        low, high = self.flagged.interval
        screenable = self.population * self.screenable.value
        return math.floor(screenable * low), math.ceil(screenable * high)

    @property
    def rest(self) -> int:
        """Objects beside the sample."""
        return self.population - sum(self.verdicts.values()) - self.waiting

    @property
    def rest_usd(self) -> float:
        """What these likely cost."""
        return self.rest * self.screenable.value * PRICE_USD

    def _sum(self, names: tuple[str, ...]) -> int:
        return sum(self.verdicts.get(name, 0) for name in names)


def wait(
    journal: Journal,
    read: Callable[[ObjectSummary], TagState],
    stop: StopSignal,
    tell: Callable[[int], object],
    patience_s: float = PATIENCE_S,
) -> Sampled:
    """Reads tags until each object of the sample has its verdict, or none came in `patience_s`."""
    ends = time.monotonic() + patience_s
    while not stop.requested and (left := journal.waiting()):
        settled = _settle(journal, read, stop)
        tell(settled)
        if settled:
            ends = time.monotonic() + patience_s
        elif time.monotonic() > ends:
            break
        if settled < left:
            time.sleep(_POLL_S)
    waiting = journal.waiting()
    return Sampled(journal.progress().selected, journal.verdicts(), waiting)


def _settle(journal: Journal, read: Callable[[ObjectSummary], TagState], stop: StopSignal) -> int:
    """How many more have their verdict, or are gone."""
    settled = after = 0
    while entries := journal.in_state(ACCEPTED, after, _AT_ONCE):
        after = entries[-1].id
        for entry, stands in read_concurrently(entries, lambda e: (e, read(e.object)), stop):
            if isinstance(stands, TaggedVerdict):
                journal.settle(entry, stands.verdict.value)
            elif stands is NoVerdict.GONE:
                journal.settle(entry, "")
            else:
                continue
            settled += 1
        if stop.requested:
            break
    return settled
