"""Submits the planned objects to the function: each once, even if the process is killed.

An object is recorded as SUBMITTING before it is submitted, and as ACCEPTED once the platform has
accepted it. After a kill the outcome of at most one batch is unknown. The tags of those objects are
read first: one that has a verdict was accepted. The others are submitted again, perhaps for the
second time. The function's ledger pays for the same bytes once, however often they are submitted,
unless the function too was killed between the service's response and its record. No object is
missed, because none leaves the journal before it is accepted.
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
from facescreen_cli.commands.backfill.journal import (
    ACCEPTED,
    PLANNED,
    SUBMITTING,
    BackfillJournal,
    JournalEntry,
)
from facescreen_cli.commands.backfill.selection import Selection
from facescreen_cli.interrupt import StoppableRateLimiter, StopRequestedError, StopSignal
from facescreen_cli.verdicts import NoVerdictReason, TagState, read_concurrently

_SUBMIT_THREADS = 16
_MAX_BATCH_OBJECTS = 256


@dataclass(frozen=True)
class Submitter:
    """Submits the entries of a journal."""

    journal: BackfillJournal
    selection: Selection
    invoker: Invoker
    read_tags: Callable[[ObjectSummary], TagState]
    stop: StopSignal
    rate_limiter: StoppableRateLimiter
    per_second: float
    on_accepted: Callable[[int], object]
    """Called with how many more objects were accepted."""

    def submit_all(self) -> None:
        """Submit until all are accepted or `stop` is requested. Raises errors.FacescreenError if
        the platform refuses; what it accepted before is recorded."""
        self._resolve_unknown()
        batch_size = max(1, min(_MAX_BATCH_OBJECTS, math.ceil(self.per_second)))
        with ThreadPoolExecutor(_SUBMIT_THREADS) as threads:
            while not self.stop.requested:
                entries = self.journal.start_submitting(batch_size)
                if entries:
                    self._submit_batch(entries, threads)
                elif not self._resolve_unknown():
                    return

    def _submit_batch(self, entries: list[JournalEntry], threads: ThreadPoolExecutor) -> None:
        results = list(threads.map(self._submit_one, entries))
        by_state: dict[object, list[JournalEntry]] = {ACCEPTED: [], PLANNED: [], SUBMITTING: []}
        for entry, (state, _) in zip(entries, results, strict=True):
            by_state[state].append(entry)
        self.journal.set_state(by_state[ACCEPTED], ACCEPTED)
        self.journal.set_state(by_state[PLANNED], PLANNED)
        self.on_accepted(len(by_state[ACCEPTED]))
        failures = [failure for _, failure in results if failure is not None]
        permanent = [error for error in failures if not isinstance(error, errors.TransientError)]
        if failures and (permanent or not by_state[ACCEPTED]):
            raise (permanent or failures)[0]

    def _submit_one(self, entry: JournalEntry) -> tuple[int, errors.FacescreenError | None]:
        """Returns the entry's new state, and the error if there was one."""
        try:
            self.rate_limiter.reserve(math.inf)
            now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            ref = self.selection.build_ref(entry.object, now)
            self.invoker.submit(build_event(ref, entry.object.object_type))
        except StopRequestedError:
            return PLANNED, None
        except errors.TransientError as failure:  # the platform may have accepted it all the same
            return SUBMITTING, failure
        except errors.FacescreenError as failure:
            return PLANNED, failure
        return ACCEPTED, None

    def _resolve_unknown(self) -> bool:
        """Find out whether the entries in SUBMITTING were accepted. Returns whether there were
        any."""
        found_any = False
        while entries := self.journal.list_entries_in_state(SUBMITTING, 0, _MAX_BATCH_OBJECTS):
            found_any = True
            states = list(
                read_concurrently(entries, lambda e: (e, self.read_tags(e.object)), self.stop)
            )
            accepted = [entry for entry, state in states if _was_accepted(state)]
            self.journal.set_state(accepted, ACCEPTED)
            self.journal.set_state([e for e, state in states if not _was_accepted(state)], PLANNED)
            self.on_accepted(len(accepted))
            if self.stop.requested:
                break
        return found_any


def _was_accepted(state: TagState) -> bool:
    return isinstance(state, TaggedVerdict) or state is NoVerdictReason.GONE
