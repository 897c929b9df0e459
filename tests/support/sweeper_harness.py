"""A Sweeper on in-memory ports, with a clock that the test sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from facescreen.deepfake.rate_limiter import LocalRateLimiter
from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from facescreen.model import Finding, ObjectRef, Verdict
from facescreen.screening.sweep import Sweeper, SweepRun, VerdictChecker
from facescreen.screening.sweep_cursor import CursorStore
from facescreen.settings.table import SweepSettings, WatchedPrefix
from facescreen.tags import build_tags
from facescreen.testing.bus import MemoryInvoker
from facescreen.testing.object_store import MemoryStore
from facescreen.testing.state_store import MemoryStateStore
from facescreen.timing import Deadline

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SWEEP_SETTINGS = SweepSettings(
    watched_prefixes=(WatchedPrefix("selfies", ""),),
    suffix="",
    first_check_after=30 * MINUTE,
    max_submissions=500,
    state_bucket="facescreen-state",
)


class SweeperHarness:
    def __init__(
        self, settings: SweepSettings = SWEEP_SETTINGS, filters: Filters | None = None
    ) -> None:
        self.now = datetime(2026, 11, 23, 4, tzinfo=timezone.utc)
        self.store = MemoryStore(clock=self.read_clock)
        self.state = MemoryStateStore()
        self.invoker = MemoryInvoker()
        self.is_limit_reached = False
        self.sweeper = Sweeper(
            settings=settings,
            store=self.store,
            invoker=self.invoker,
            cursor_store=CursorStore(self.state),
            filters=filters or Filters(),
            verdict_checker=VerdictChecker(self.store, "deepfake-", "separate"),
            rate_limiter=LocalRateLimiter(1e6),
            is_budget_exhausted=lambda: self.is_limit_reached,
            clock=lambda: self.now,
        )

    def read_clock(self) -> float:
        """The store's clock."""
        return self.now.timestamp()

    def second_sweeper(self) -> Sweeper:
        """A sweeper in another instance, on the same buckets."""
        return replace(self.sweeper, cursor_store=CursorStore(self.state))

    def put(self, key: str, bucket: str = "selfies", data: bytes = b"x") -> str:
        return self.store.put(bucket, key, data)

    def tag(self, key: str, etag: str, verdict: Verdict = Verdict.LOW_RISK) -> None:
        """Tag the object with a verdict on the bytes with `etag`."""
        finding = Finding(verdict, "fs1", "2026-11-23T04:05:06Z")
        tags = build_tags(finding, etag, prefix="deepfake-", form="separate")
        self.store.replace_tags(ObjectRef("oss", "selfies", key), tags)

    def sweep(self, advance_by: timedelta = timedelta(), time_left_s: float = 600) -> SweepRun:
        self.now += advance_by
        return self.sweeper.sweep(Deadline.after(time_left_s))

    @property
    def submitted(self) -> list[ObjectRef]:
        """The objects submitted, in order."""
        return [
            ref
            for payload in self.invoker.payloads
            for ref in read_event(payload, Filters()).objects
        ]

    @property
    def submitted_keys(self) -> list[str]:
        """The keys of the objects submitted, in order."""
        return [ref.key for ref in self.submitted]
