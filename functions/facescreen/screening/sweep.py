"""The sweep: goes over the watched buckets, and hands over what is due and has no verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from facescreen.errors import ObjectGone
from facescreen.events.build import event_of
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
    from facescreen.screening.sweep_cursor import Course, Courses
    from facescreen.settings.table import Place, SweepSettings
    from facescreen.storage.ports import Listed, ObjectStore, Page
    from facescreen.timing import Deadline

TIMES = 4
_FACTOR = 4
_LAST_S = 15.0
"""With less time left than this nothing more is begun: trouble with one object may take as long."""
_SAVED_EVERY_S = 10.0


class End(str, Enum):
    """Why a run ended."""

    ALL = "all"
    """Everything was gone over."""
    TIME = "time"
    """The next run goes on."""
    MOST = "most"
    """SWEEP_MOST objects were handed over; the next run goes on."""
    DEFERRED = "deferred"
    """The day's calls are spent; a later run looks at what this one would have."""


@dataclass(frozen=True)
class Ages:
    """The ages at which an object is looked at: half an hour, 2 hours, 8 and 32, for instance."""

    first: timedelta

    @property
    def all(self) -> tuple[timedelta, ...]:
        """TIMES of them, each four times the one before."""
        return tuple(self.first * _FACTOR**number for number in range(TIMES))

    def any_between(self, written: datetime, since: datetime, until: datetime) -> bool:
        """Whether what was written then came to one of these ages after `since`, up to `until`."""
        return any(since < written + age <= until for age in self.all)


@dataclass(frozen=True)
class Verdicts:
    """How they stand on objects."""

    store: ObjectStore
    tag_prefix: str
    tag_form: str

    def any_on(self, ref: ObjectRef) -> bool:
        """Whether one of these very bytes does. Where no tags are written (TAG_FORM=none), none
        ever does; the function's ledger knows better."""
        try:
            tags = persistently(lambda: self.store.tags(ref))
        except ObjectGone:
            return True
        standing = read_tags(tags, prefix=self.tag_prefix, form=self.tag_form)
        return standing is not None and standing.etag == ref.etag


@dataclass
class Run:
    """One run, as far as it came."""

    course: Course
    listed: int = 0
    due: int = 0
    """Those whose tags were read."""
    submitted: int = 0
    end: End = End.TIME
    saved_at: float = field(default_factory=time.monotonic)
    """On the monotonic clock."""

    @property
    def summary(self) -> dict[str, Any]:
        """For a log line, and as the function's answer."""
        return {
            "listed": self.listed,
            "due": self.due,
            "submitted": self.submitted,
            "end": self.end.value,
            "since": self.course.since.isoformat(),
            "until": self.course.until.isoformat(),
        }

    def is_done_with(self, place: Place, one: Listed) -> None:
        """The next run begins after this one."""
        self.listed += 1
        self.course = replace(self.course, place=place.name, after=one.key)

    @property
    def is_to_be_saved(self) -> bool:
        """Every so often, for a run that is killed."""
        return time.monotonic() >= self.saved_at + _SAVED_EVERY_S


@dataclass(frozen=True)
class Sweeper:
    """One deployment's."""

    settings: SweepSettings
    store: ObjectStore
    invoker: Invoker
    courses: Courses
    filters: Filters
    verdicts: Verdicts
    rate_limiter: RateLimiter
    is_budget_exhausted: Callable[[], bool]
    """Whether the day's paid calls are (DAILY_CALLS)."""
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)

    @property
    def ages(self) -> Ages:
        """At which objects are looked at."""
        return Ages(self.settings.after)

    def sweep(self, deadline: Deadline) -> Run:
        """Until `deadline`. Where it ended is kept, also where it raises errors.FacescreenError;
        StillClaimed says that another run is under way."""
        run = Run(self.courses.resume(self.clock(), self.ages.all[-1]))
        try:
            run.end = End.DEFERRED if self.is_budget_exhausted() else self._go_over(run, deadline)
        finally:
            self._save(run)
        return run

    def _go_over(self, run: Run, deadline: Deadline) -> End:
        for place, after in self._places_left(run.course):
            for page in pages(partial(self._page, place), after):
                end = self._go_through(page, place, run, deadline)
                if end is not None:
                    return end
        run.course = replace(run.course, is_over=True)
        return End.ALL

    def _places_left(self, course: Course) -> list[tuple[Place, str]]:
        """The one that the course stands in, from its key on, and those that follow. All of them
        if that place is none any more."""
        places = self.settings.places
        names = [place.name for place in places]
        if course.place not in names:
            return [(place, "") for place in places]
        first, *others = places[names.index(course.place) :]
        return [(first, course.after), *((place, "") for place in others)]

    def _page(self, place: Place, after: str) -> Page:
        return persistently(lambda: self.store.page(place.bucket, place.prefix, after))

    def _go_through(self, page: Page, place: Place, run: Run, deadline: Deadline) -> End | None:
        for one in page.objects:
            ref = ObjectRef(self.store.name, place.bucket, one.key, one.etag, "", one.size)
            if self._is_due(ref, one, run.course):
                end = self._look_at(ref, run, deadline)
                if end is not None:
                    return end
            run.is_done_with(place, one)
        if run.is_to_be_saved:
            self._save(run)
        return End.TIME if deadline.left() < _LAST_S else None

    def _is_due(self, ref: ObjectRef, one: Listed, course: Course) -> bool:
        if ref.is_folder_marker or not ref.key.endswith(self.settings.suffix):
            return False
        if self.filters.reason_to_skip(ref):
            return False
        return self.ages.any_between(one.last_modified, course.since, course.until)

    def _look_at(self, ref: ObjectRef, run: Run, deadline: Deadline) -> End | None:
        """Why the run ends before this object; None once it is done with."""
        if deadline.left() < _LAST_S:
            return End.TIME
        run.due += 1
        if self.verdicts.any_on(ref):
            return None
        if run.submitted == self.settings.max_submissions:
            return End.MOST
        wait_s = self.rate_limiter.reserve(deadline.left() - _LAST_S)
        if wait_s is None:
            return End.TIME
        time.sleep(wait_s)
        self.invoker.submit(event_of(ref))
        run.submitted += 1
        return None

    def _save(self, run: Run) -> None:
        self.courses.save(run.course, self.clock())
        run.saved_at = time.monotonic()
