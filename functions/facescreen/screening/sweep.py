"""The sweep: finds objects without a verdict in the watched prefixes, and submits them again."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.errors import FacescreenError, ObjectNotFoundError, TransientError
from facescreen.events.build import build_event
from facescreen.model import ObjectRef
from facescreen.storage.ports import iterate_pages
from facescreen.tags import read_tagged_verdict
from facescreen.timing import retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from facescreen.bus.ports import Invoker
    from facescreen.deepfake.rate_limiter import RateLimiter
    from facescreen.events.filters import Filters
    from facescreen.model import ObjectType
    from facescreen.screening.sweep_cursor import Cursors, CursorStore, SweepCursor
    from facescreen.settings.table import SweepSettings, WatchedPrefix
    from facescreen.storage.ports import ListingPage, ObjectStore, ObjectSummary
    from facescreen.timing import Deadline

CHECKS_PER_OBJECT = 4
_RETRY_AGE_FACTOR = 4
_MIN_TIME_LEFT_TO_CHECK_S = 15.0
"""With less time left than this, no further object is checked: retries for one object may take
that long."""
_SAVE_INTERVAL_S = 10.0


class StopReason(str, Enum):
    """Why a run ended."""

    COMPLETED = "all"
    """Every object was visited."""
    TIME_LIMIT = "time"
    """The time is up. The next run continues."""
    SUBMISSION_LIMIT = "most"
    """SWEEP_MOST objects were submitted. The next run continues."""
    BUDGET_EXHAUSTED = "deferred"
    """The daily limit is reached. A later run checks the objects of this one."""


@dataclass(frozen=True)
class RetrySchedule:
    """The ages at which an object is checked, for example half an hour, 2 hours, 8 and 32."""

    first_age: timedelta

    @property
    def due_ages(self) -> tuple[timedelta, ...]:
        """CHECKS_PER_OBJECT ages, each four times the one before."""
        return tuple(
            self.first_age * _RETRY_AGE_FACTOR**number for number in range(CHECKS_PER_OBJECT)
        )

    def is_due_between(self, written: datetime, since: datetime, until: datetime) -> bool:
        """Whether an object written at `written` reached one of the ages after `since`, up to
        `until`."""
        return any(since < written + age <= until for age in self.due_ages)


@dataclass(frozen=True)
class VerdictChecker:
    """Checks whether objects have a verdict, by their tags."""

    store: ObjectStore
    tag_prefix: str
    tag_form: str

    def has_verdict(self, ref: ObjectRef, object_type: ObjectType) -> bool:
        """Whether an object has a verdict for its current bytes. Always False if no tags are
        written (TAG_FORM=none); the function then finds the verdict in its ledger."""
        try:
            tags = retry(lambda: self.store.get_tags(ref))
        except ObjectNotFoundError:
            return True
        tagged_verdict = read_tagged_verdict(tags, prefix=self.tag_prefix, form=self.tag_form)
        return tagged_verdict is not None and tagged_verdict.is_about(ref.etag, object_type)

    def check_readable(self, watched_prefix: WatchedPrefix) -> None:
        """Raise the error if no tags can be read in a prefix, not even to learn that an object
        does not exist."""
        key = f"{watched_prefix.prefix}facescreen-sweep/{uuid.uuid4()}"
        missing_ref = ObjectRef(self.store.name, watched_prefix.bucket, key)
        with suppress(ObjectNotFoundError):
            retry(lambda: self.store.get_tags(missing_ref))


@dataclass
class SweepRun:
    """The progress of one run."""

    cursors: Cursors
    listed: int = 0
    checked: int = 0
    """Objects whose tags were to be read."""
    unreadable: int = 0
    """Those of them whose tags could not be read. They are submitted."""
    submitted: int = 0
    prefix_errors: list[FacescreenError] = field(default_factory=list)
    """Why watched prefixes could not be swept. The next run tries them again."""
    stop_reason: StopReason = StopReason.TIME_LIMIT
    cursor_saved_at: float = field(default_factory=time.monotonic)
    """On the monotonic clock."""

    @property
    def summary(self) -> dict[str, Any]:
        """For a log line and the function's response."""
        return {
            "listed": self.listed,
            "due": self.checked,
            "unreadable": self.unreadable,
            "submitted": self.submitted,
            "end": self.stop_reason.value,
            "since": min(cursor.since for cursor in self.cursors.values()).isoformat(),
            "until": max(cursor.until for cursor in self.cursors.values()).isoformat(),
        }

    def advance(self, watched_prefix: WatchedPrefix, listed_object: ObjectSummary) -> None:
        """Move the prefix's cursor past an object: the next run starts after it."""
        self.listed += 1
        self._change_cursor(watched_prefix, last_key=listed_object.key)

    def complete(self, watched_prefix: WatchedPrefix) -> None:
        """Record that all objects of a prefix are checked."""
        self._change_cursor(watched_prefix, is_complete=True)

    def give_up(self, watched_prefix: WatchedPrefix, error: FacescreenError) -> None:
        """Leave a prefix alone until the next round."""
        self.prefix_errors.append(error)
        self._change_cursor(watched_prefix, has_failed=True)

    def _change_cursor(self, watched_prefix: WatchedPrefix, **changes: Any) -> None:
        name = watched_prefix.name
        self.cursors[name] = replace(self.cursors[name], **changes)

    @property
    def needs_save(self) -> bool:
        """Whether it is time to save the cursor, in case the run is killed."""
        return time.monotonic() >= self.cursor_saved_at + _SAVE_INTERVAL_S


@dataclass(frozen=True)
class Sweeper:
    """Runs the sweep of one deployment."""

    settings: SweepSettings
    store: ObjectStore
    invoker: Invoker
    cursor_store: CursorStore
    filters: Filters
    verdict_checker: VerdictChecker
    rate_limiter: RateLimiter
    is_budget_exhausted: Callable[[], bool]
    """Whether the daily limit of paid calls (DAILY_CALLS) is reached."""
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)

    @property
    def retry_schedule(self) -> RetrySchedule:
        """When objects are checked."""
        return RetrySchedule(self.settings.first_check_after)

    def sweep(self, deadline: Deadline) -> SweepRun:
        """Run until `deadline`. An object whose tags can't be read is logged, counted and
        submitted. A prefix that can't be swept does not hold up the others; the result has its
        error.

        The cursors are saved at the end, also if this raises errors.TransientError.
        AlreadyInProgressError means that another run is active.
        """
        run = SweepRun(self._resume_cursors())
        try:
            run.stop_reason = (
                StopReason.BUDGET_EXHAUSTED
                if self.is_budget_exhausted()
                else self._sweep_prefixes(run, deadline)
            )
        finally:
            self._save_cursors(run)
        return run

    def _resume_cursors(self) -> Cursors:
        names = [watched_prefix.name for watched_prefix in self.settings.watched_prefixes]
        lookback = self.retry_schedule.due_ages[-1]
        return self.cursor_store.resume(names, self.clock(), lookback)

    def _sweep_prefixes(self, run: SweepRun, deadline: Deadline) -> StopReason:
        for watched_prefix in self.settings.watched_prefixes:
            if not run.cursors[watched_prefix.name].is_pending:
                continue
            try:
                stop_reason = self._sweep_prefix(watched_prefix, run, deadline)
            except TransientError:
                raise
            except FacescreenError as error:
                telemetry.log_prefix_error(watched_prefix.name, error)
                run.give_up(watched_prefix, error)
                continue
            if stop_reason is not None:
                return stop_reason
            run.complete(watched_prefix)
        return StopReason.COMPLETED

    def _sweep_prefix(
        self, watched_prefix: WatchedPrefix, run: SweepRun, deadline: Deadline
    ) -> StopReason | None:
        """Return why the run stops in this prefix; None if all of it was visited."""
        last_key = run.cursors[watched_prefix.name].last_key
        for page in iterate_pages(partial(self._list_page, watched_prefix), last_key):
            stop_reason = self._sweep_page(page, watched_prefix, run, deadline)
            if stop_reason is not None:
                return stop_reason
        return None

    def _list_page(self, watched_prefix: WatchedPrefix, after: str) -> ListingPage:
        return retry(
            lambda: self.store.list_page(watched_prefix.bucket, watched_prefix.prefix, after)
        )

    def _sweep_page(
        self, page: ListingPage, watched_prefix: WatchedPrefix, run: SweepRun, deadline: Deadline
    ) -> StopReason | None:
        for listed_object in page.objects:
            if self._is_due(listed_object, watched_prefix, run.cursors[watched_prefix.name]):
                stop_reason = self._submit_if_unscreened(
                    listed_object, watched_prefix, run, deadline
                )
                if stop_reason is not None:
                    return stop_reason
            run.advance(watched_prefix, listed_object)
        if run.needs_save:
            self._save_cursors(run)
        return StopReason.TIME_LIMIT if deadline.remaining_s() < _MIN_TIME_LEFT_TO_CHECK_S else None

    def _build_ref(self, listed_object: ObjectSummary, watched_prefix: WatchedPrefix) -> ObjectRef:
        return ObjectRef(
            self.store.name,
            watched_prefix.bucket,
            listed_object.key,
            listed_object.etag,
            "",
            listed_object.size,
        )

    def _is_due(
        self, listed_object: ObjectSummary, watched_prefix: WatchedPrefix, cursor: SweepCursor
    ) -> bool:
        ref = self._build_ref(listed_object, watched_prefix)
        if not ref.key.endswith(self.settings.suffix):
            return False
        if self.filters.excludes_listed(ref, listed_object.object_type):
            return False
        return self.retry_schedule.is_due_between(
            listed_object.last_modified, cursor.since, cursor.until
        )

    def _submit_if_unscreened(
        self,
        listed_object: ObjectSummary,
        watched_prefix: WatchedPrefix,
        run: SweepRun,
        deadline: Deadline,
    ) -> StopReason | None:
        """Return why the run stops before this object; None if it may continue."""
        if deadline.remaining_s() < _MIN_TIME_LEFT_TO_CHECK_S:
            return StopReason.TIME_LIMIT
        run.checked += 1
        if self._has_verdict(listed_object, watched_prefix, run):
            return None
        if run.submitted == self.settings.max_submissions:
            return StopReason.SUBMISSION_LIMIT
        wait_s = self.rate_limiter.reserve(deadline.remaining_s() - _MIN_TIME_LEFT_TO_CHECK_S)
        if wait_s is None:
            return StopReason.TIME_LIMIT
        time.sleep(wait_s)
        ref = self._build_ref(listed_object, watched_prefix)
        self.invoker.submit(build_event(ref, listed_object.object_type))
        run.submitted += 1
        return None

    def _has_verdict(
        self, listed_object: ObjectSummary, watched_prefix: WatchedPrefix, run: SweepRun
    ) -> bool:
        """Return whether an object has a verdict. False if its tags alone can't be read: the
        function that screens it may read them, or its dead letter says why not. Raises the error
        if no object's tags can be read."""
        ref = self._build_ref(listed_object, watched_prefix)
        try:
            return self.verdict_checker.has_verdict(ref, listed_object.object_type)
        except FacescreenError as error:
            self.verdict_checker.check_readable(watched_prefix)
            run.unreadable += 1
            telemetry.record_unreadable_tags(ref, error)
            return False

    def _save_cursors(self, run: SweepRun) -> None:
        self.cursor_store.save(run.cursors, self.clock())
        run.cursor_saved_at = time.monotonic()
