"""Hands what was planned to the function: each object once, whenever it is killed.

What holds. An object is noted as intended before it is submitted, and as accepted after the
platform took it. So what a kill leaves is at most one batch whose acceptance is in doubt. Each of
those is asked for first: one whose verdict stands was accepted. The others are submitted again,
perhaps a second time, and the function's ledger pays for the same bytes once, however often they
come, unless the function too was killed between the service's answer and its record. Nothing is
missed, for none leaves the journal unaccepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone

from facescreen import errors
from facescreen.bus.ports import Invoker
from facescreen.events.build import build_event
from facescreen.storage.ports import ObjectSummary
from facescreen.tags import TaggedVerdict
from facescreen_cli.commands.backfill.journal import ACCEPTED, INTENDED, PLANNED, Entry, Journal
from facescreen_cli.commands.backfill.selection import Selection
from facescreen_cli.interrupt import StoppablePace, StopRequestedError, StopSignal
from facescreen_cli.verdicts import NoVerdict, TagState, read_concurrently

_THREADS = 16
_MOST_AT_ONCE = 256


@dataclass(frozen=True)
class Submitter:
    """What a journal is worked off with."""

    journal: Journal
    selection: Selection
    invoker: Invoker
    read: Callable[[ObjectSummary], TagState]
    """What stands on an object."""
    stop: StopSignal
    pace: StoppablePace
    per_second: float
    tell: Callable[[int], object]
    """Hears how many more were accepted."""

    def work(self) -> None:
        """Until all are accepted, or `stop` asks to end. Raises errors.FacescreenError where the
        platform takes no more; what it took is noted."""
        self._settle_doubts()
        at_once = max(1, min(_MOST_AT_ONCE, math.ceil(self.per_second)))
        with ThreadPoolExecutor(_THREADS) as threads:
            while not self.stop.requested:
                entries = self.journal.intend(at_once)
                if entries:
                    self._submit(entries, threads)
                elif not self._settle_doubts():
                    return

    def _submit(self, entries: list[Entry], threads: ThreadPoolExecutor) -> None:
        ended = list(threads.map(self._submitted, entries))
        by_end: dict[object, list[Entry]] = {ACCEPTED: [], PLANNED: [], INTENDED: []}
        for entry, (state, _) in zip(entries, ended, strict=True):
            by_end[state].append(entry)
        self.journal.move(by_end[ACCEPTED], ACCEPTED)
        self.journal.move(by_end[PLANNED], PLANNED)
        self.tell(len(by_end[ACCEPTED]))
        failures = [failure for _, failure in ended if failure is not None]
        final = [one for one in failures if not isinstance(one, errors.TransientError)]
        if failures and (final or not by_end[ACCEPTED]):
            raise (final or failures)[0]

    def _submitted(self, entry: Entry) -> tuple[int, errors.FacescreenError | None]:
        """The state that it comes to."""
        try:
            self.pace.reserve(math.inf)
            now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.invoker.submit(build_event(self.selection.ref(entry.object, now)))
        except StopRequestedError:
            return PLANNED, None
        except errors.TransientError as failure:  # it may have been accepted all the same
            return INTENDED, failure
        except errors.FacescreenError as failure:
            return PLANNED, failure
        return ACCEPTED, None

    def _settle_doubts(self) -> bool:
        """Whether there were any."""
        any_left = False
        while doubts := self.journal.in_state(INTENDED, 0, _MOST_AT_ONCE):
            any_left = True
            asked = list(read_concurrently(doubts, lambda e: (e, self.read(e.object)), self.stop))
            accepted = [entry for entry, stands in asked if _is_over(stands)]
            self.journal.move(accepted, ACCEPTED)
            self.journal.move([e for e, stands in asked if not _is_over(stands)], PLANNED)
            self.tell(len(accepted))
            if self.stop.requested:
                break
        return any_left


def _is_over(stands: TagState) -> bool:
    return isinstance(stands, TaggedVerdict) or stands is NoVerdict.GONE
