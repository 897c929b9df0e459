"""The sweep: goes over the watched buckets, and hands over what is due and has no verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from facescreen.errors import ObjectNotFoundError
from facescreen.events.build import build_event
from facescreen.model import ObjectRef
from facescreen.storage.ports import pages
from facescreen.tags import read_tags
from facescreen.timing import persistently

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from facescreen.bus.ports import Invoker
    from facescreen.deepfake.rate_limiter import RateLimiter
    from facescreen.events.filters import Filters
    from facescreen.screening.sweep_cursor import CursorStore, SweepCursor
    from facescreen.settings.table import SweepSettings, WatchedPrefix
    from facescreen.storage.ports import Listed, ObjectStore, Page
    from facescreen.timing import Deadline

CHECKS_PER_OBJECT = 4
_AGE_FACTOR = 4
_MIN_TIME_LEFT_S = 15.0
"""With less time left than this nothing more is begun: trouble with one object may take as long."""
_SAVE_INTERVAL_S = 10.0


class StopReason(str, Enum):
    """Why a run ended."""

    COMPLETED = "all"
    """Everything was gone over."""
    TIME_LIMIT = "time"
    """The next run goes on."""
    SUBMISSION_LIMIT = "most"
    """SWEEP_MOST objects were handed over; the next run goes on."""
    BUDGET_EXHAUSTED = "deferred"
    """The day's calls are spent; a later run looks at what this one would have."""


@dataclass(frozen=True)
class RetrySchedule:
    """The ages at which an object is looked at: half an hour, 2 hours, 8 and 32, for instance."""

    first: timedelta

    @property
    def all(self) -> tuple[timedelta, ...]:
        """TIMES of them, each four times the one before."""
        return tuple(self.first * _AGE_FACTOR**number for number in range(CHECKS_PER_OBJECT))

    def is_due_between(self, written: datetime, since: datetime, until: datetime) -> bool:
        """Whether what was written then came to one of these ages after `since`, up to `until`."""
        return any(since < written + age <= until for age in self.all)


@dataclass(frozen=True)
class VerdictReader:
    """How they stand on objects."""

    store: ObjectStore
    tag_prefix: str
    tag_form: str

    def has_verdict(self, ref: ObjectRef) -> bool:
        """Whether one of these very bytes does. Where no tags are written (TAG_FORM=none), none
        ever does; the function's ledger knows better."""
        try:
            tags = persistently(lambda: self.store.tags(ref))
        except ObjectNotFoundError:
            return True
        standing = read_tags(tags, prefix=self.tag_prefix, form=self.tag_form)
        return standing is not None and standing.etag == ref.etag


@dataclass
class SweepRun:
    """One run, as far as it came."""

    cursor: SweepCursor
    listed: int = 0
    due: int = 0
    """Those whose tags were read."""
    submitted: int = 0
    stop_reason: StopReason = StopReason.TIME_LIMIT
    cursor_saved_at: float = field(default_factory=time.monotonic)
    """On the monotonic clock."""

    @property
    def summary(self) -> dict[str, Any]:
        """For a log line, and as the function's answer."""
        return {
            "listed": self.listed,
            "due": self.due,
            "submitted": self.submitted,
            "end": self.stop_reason.value,
            "since": self.cursor.since.isoformat(),
            "until": self.cursor.until.isoformat(),
        }

    def advance(self, place: WatchedPrefix, listed_object: Listed) -> None:
        """The next run begins after this one."""
        self.listed += 1
        self.cursor = replace(self.cursor, place=place.name, after=listed_object.key)

    @property
    def needs_save(self) -> bool:
        """Every so often, for a run that is killed."""
        return time.monotonic() >= self.cursor_saved_at + _SAVE_INTERVAL_S


@dataclass(frozen=True)
class Sweeper:
    """One deployment's."""

    settings: SweepSettings
    store: ObjectStore
    invoker: Invoker
    cursors: CursorStore
    filters: Filters
    verdict_reader: VerdictReader
    rate_limiter: RateLimiter
    is_budget_exhausted: Callable[[], bool]
    """Whether the day's paid calls are (DAILY_CALLS)."""
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)

    @property
    def ages(self) -> RetrySchedule:
        """At which objects are looked at."""
        return RetrySchedule(self.settings.after)

    def sweep(self, deadline: Deadline) -> SweepRun:
        """Until `deadline`. Where it ended is kept, also where it raises errors.FacescreenError;
        AlreadyInProgressError says that another run is under way."""
        run = SweepRun(self.cursors.resume(self.clock(), self.ages.all[-1]))
        try:
            run.stop_reason = (
                StopReason.BUDGET_EXHAUSTED
                if self.is_budget_exhausted()
                else self._sweep_prefixes(run, deadline)
            )
        finally:
            self._save_cursor(run)
        return run

    def _sweep_prefixes(self, run: SweepRun, deadline: Deadline) -> StopReason:
        for place, after in self._list_remaining_prefixes(run.cursor):
            for page in pages(partial(self._list_page, place), after):
                stop_reason = self._sweep_page(page, place, run, deadline)
                if stop_reason is not None:
                    return stop_reason
        run.cursor = replace(run.cursor, is_over=True)
        return StopReason.COMPLETED

    def _list_remaining_prefixes(self, cursor: SweepCursor) -> list[tuple[WatchedPrefix, str]]:
        """The one that the course stands in, from its key on, and those that follow. All of them
        if that place is none any more."""
        places = self.settings.places
        names = [place.name for place in places]
        if cursor.place not in names:
            return [(place, "") for place in places]
        first, *others = places[names.index(cursor.place) :]
        return [(first, cursor.after), *((place, "") for place in others)]

    def _list_page(self, place: WatchedPrefix, after: str) -> Page:
        return persistently(lambda: self.store.page(place.bucket, place.prefix, after))

    def _sweep_page(
        self, page: Page, place: WatchedPrefix, run: SweepRun, deadline: Deadline
    ) -> StopReason | None:
        for listed_object in page.objects:
            ref = ObjectRef(
                self.store.name,
                place.bucket,
                listed_object.key,
                listed_object.etag,
                "",
                listed_object.size,
            )
            if self._is_due(ref, listed_object, run.cursor):
                stop_reason = self._submit_if_unscreened(ref, run, deadline)
                if stop_reason is not None:
                    return stop_reason
            run.advance(place, listed_object)
        if run.needs_save:
            self._save_cursor(run)
        return StopReason.TIME_LIMIT if deadline.left() < _MIN_TIME_LEFT_S else None

    def _is_due(self, ref: ObjectRef, listed_object: Listed, cursor: SweepCursor) -> bool:
        if ref.is_folder_marker or not ref.key.endswith(self.settings.suffix):
            return False
        if self.filters.skip_reason(ref):
            return False
        return self.ages.is_due_between(listed_object.last_modified, cursor.since, cursor.until)

    def _submit_if_unscreened(
        self, ref: ObjectRef, run: SweepRun, deadline: Deadline
    ) -> StopReason | None:
        """Why the run ends before this object; None once it is done with."""
        if deadline.left() < _MIN_TIME_LEFT_S:
            return StopReason.TIME_LIMIT
        run.due += 1
        if self.verdict_reader.has_verdict(ref):
            return None
        if run.submitted == self.settings.max_submissions:
            return StopReason.SUBMISSION_LIMIT
        wait_s = self.rate_limiter.reserve(deadline.left() - _MIN_TIME_LEFT_S)
        if wait_s is None:
            return StopReason.TIME_LIMIT
        time.sleep(wait_s)
        self.invoker.submit(build_event(ref))
        run.submitted += 1
        return None

    def _save_cursor(self, run: SweepRun) -> None:
        self.cursors.save(run.cursor, self.clock())
        run.cursor_saved_at = time.monotonic()
