"""The budget of paid calls: the port CallBudget, an unlimited budget, and a daily limit."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Protocol

from facescreen.errors import DailyLimitReachedError, FacescreenError, ResponseTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from facescreen.storage.ports import StateStore

SHARDS_PER_DAY = 32
"""The number of objects that share the limit of a day."""
EXHAUSTED_CACHE_S = 60
"""After an instance finds every shard exhausted, it trusts that for this long."""
_DAY_S = 86_400
_RESERVE_MARK, _RELEASE_MARK = b"+", b"-"
_KEY_PREFIX = "calls/"
_MAX_CONCURRENT_READS = 8


class CallBudget(Protocol):
    """The port that limits paid calls."""

    def check(self) -> None:
        """Raise errors.DailyLimitReachedError if the budget is known to be exhausted. Sends no
        request."""

    def reserve(self, starts_in_s: float) -> BudgetPermit:
        """Reserve a call that starts in `starts_in_s` seconds. Raises
        errors.DailyLimitReachedError if the budget is exhausted, and the errors of the store
        that keeps the count."""


@dataclass(frozen=True)
class BudgetPermit:
    """Permission to pay for one call. Send the call inside its ``with`` block.

    Only a Success is paid for (id-verification-api.md, "Quota and price"): after any other
    response, and after a failed connection, the permit is released. A call without a response may
    have been paid for.
    """

    on_paid: Callable[[], None]
    release: Callable[[], None]

    def __enter__(self) -> BudgetPermit:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is None:
            self.on_paid()
        elif isinstance(error, FacescreenError) and not isinstance(error, ResponseTimeoutError):
            self.release()


class UnlimitedBudget:
    """The port CallBudget without a limit."""

    def __init__(self, on_paid: Callable[[], None] = lambda: None) -> None:
        self._permit = BudgetPermit(on_paid, lambda: None)

    def check(self) -> None:
        """Never raises."""

    def reserve(self, starts_in_s: float) -> BudgetPermit:  # noqa: ARG002
        """Never raises."""
        return self._permit


class DailyBudget:
    """The port CallBudget: at most `max_calls` paid calls a day, for everyone who shares the state
    bucket.

    A day (UTC) has SHARDS_PER_DAY append-only objects, ``calls/2026-11-23/07``, each with a fixed
    share of the limit. A call appends a ``+`` before it is sent, and a ``-`` afterwards if it cost
    nothing. A shard is exhausted once its pluses minus its minuses equal its share. An append names
    the length that was read (StateStore.append), so two callers never both take the last call of a
    shard, and the shares add up to the limit: no more calls are ever paid for. An instance that
    finds its shard exhausted moves on to the next one, so the last call is found too.

    Why not one counter: every call of the fleet would write to it. All calls already write to the
    slots of rate_limiter.SharedRateLimiter, but slots can't carry the count: they expire unused,
    may cost nothing in the end, and fill 1440 objects a day. Why no lease of many calls: it needs
    fewer requests, but Function Compute freezes an instance between two events, and the calls that
    it holds are lost to the others. So each call is reserved by itself, in a shard that the
    instance picked at random: one small request while nobody else reserves there, three if somebody
    did, two on average with 20 instances. A killed instance loses the calls it has in progress: one
    on Function Compute, a batch's ten on Lambda. An append whose response is lost costs one call.

    A call belongs to the day in which it starts. A raised limit applies at once. A lowered one is
    exact from the next day on: a shard that already exceeds its new share keeps its calls.
    """

    def __init__(
        self,
        state: StateStore,
        max_calls: int,
        *,
        on_paid: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._max_calls = max_calls
        self._on_paid = on_paid
        self._clock = clock
        self._day = -1
        self._available_shards: list[_BudgetShard] = []
        self._exhausted_until = 0.0
        # Without the lock, a batch's threads would invalidate each other's length and read again.
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise errors.DailyLimitReachedError for EXHAUSTED_CACHE_S after every shard was
        exhausted."""
        if self._clock() < self._exhausted_until:
            raise self._build_limit_error()

    def reserve(self, starts_in_s: float) -> BudgetPermit:
        """Reserve a call of the day in which it starts."""
        with self._lock:
            self.check()
            self._start_day(int((self._clock() + starts_in_s) // _DAY_S))
            while self._available_shards:
                shard = self._available_shards[-1]
                if shard.reserve():
                    return BudgetPermit(self._on_paid, partial(self._release, self._day, shard))
                self._available_shards.pop()
            self._mark_exhausted()
            raise self._build_limit_error()

    def _start_day(self, day: int) -> None:
        if day == self._day:
            return
        self._day = day
        self._available_shards = [
            _BudgetShard(self._state, _build_shard_key(day, number), share)
            for number, share in enumerate(_split_into_shares(self._max_calls))
            if share
        ]
        random.shuffle(self._available_shards)

    def _mark_exhausted(self) -> None:
        """Refuse calls until some may have been released, or the next day begins."""
        now = self._clock()
        self._exhausted_until = min(now + EXHAUSTED_CACHE_S, now + _seconds_left_in_day(now))
        self._day = -1

    def _build_limit_error(self) -> DailyLimitReachedError:
        return DailyLimitReachedError(
            f"daily limit reached: {self._max_calls} paid calls (DAILY_CALLS); "
            "calls are possible again from 00:00 UTC",
            retry_after_s=_seconds_left_in_day(self._clock()),
        )

    def _release(self, day: int, shard: _BudgetShard) -> None:
        # If this fails, the day has one call less. The call's own error is more useful.
        with self._lock, suppress(FacescreenError):
            shard.release()
            self._exhausted_until = 0.0
            if day == self._day and shard not in self._available_shards:
                self._available_shards.append(shard)


def is_budget_exhausted(state: StateStore, max_calls: float, now: float) -> bool:
    """Whether the day's `max_calls` are used up. Sends SHARDS_PER_DAY small requests."""
    keys = (_build_shard_key(int(now // _DAY_S), number) for number in range(SHARDS_PER_DAY))
    with ThreadPoolExecutor(_MAX_CONCURRENT_READS) as pool:
        return sum(map(_count_reserved_calls, pool.map(state.read, keys))) >= max_calls


def count_reserved_calls_by_day(state: StateStore, days: str) -> dict[str, int]:
    """Count the reserved calls of each day whose date starts with `days`, such as ``2026-11``:
    calls that were paid for, and calls whose outcome is unknown. Days without a limit are
    missing."""
    shard_keys = list(state.list_keys(f"{_KEY_PREFIX}{days}", ""))
    calls_by_day: dict[str, int] = {}
    with ThreadPoolExecutor(_MAX_CONCURRENT_READS) as pool:
        for key, marks in zip(shard_keys, pool.map(state.read, shard_keys), strict=True):
            day = key.split("/")[1]
            calls_by_day[day] = calls_by_day.get(day, 0) + _count_reserved_calls(marks)
    return calls_by_day


class _BudgetShard:
    """One shard, with its state as it was last read."""

    def __init__(self, state: StateStore, key: str, share: int) -> None:
        self._state = state
        self._key = key
        self._share = share
        self._length = -1
        self._reserved_calls = 0

    def reserve(self) -> bool:
        """Reserve a call. Returns False if none is left."""
        if self._length < 0:
            self._refresh()
        while self._reserved_calls < self._share:
            if self._try_append(_RESERVE_MARK):
                self._reserved_calls += 1
                return True
            self._refresh()
        return False

    def release(self) -> None:
        """Give one call back to the others."""
        while not self._try_append(_RELEASE_MARK):
            self._refresh()
        self._reserved_calls -= 1

    def _try_append(self, mark: bytes) -> bool:
        appended = self._state.append(self._key, self._length, mark)
        self._length += appended
        return appended

    def _refresh(self) -> None:
        marks = self._state.read(self._key)
        self._length, self._reserved_calls = len(marks), _count_reserved_calls(marks)


def _count_reserved_calls(marks: bytes) -> int:
    """Count the calls that are reserved and not released. `marks` is a shard's content."""
    return marks.count(_RESERVE_MARK) - marks.count(_RELEASE_MARK)


def _split_into_shares(max_calls: int) -> list[int]:
    """Split the limit into shares, none of which shrinks when `max_calls` grows."""
    return [
        max_calls // SHARDS_PER_DAY + (number < max_calls % SHARDS_PER_DAY)
        for number in range(SHARDS_PER_DAY)
    ]


def _seconds_left_in_day(now: float) -> float:
    return _DAY_S - now % _DAY_S


def _build_shard_key(day: int, shard: int) -> str:
    return f"{_KEY_PREFIX}{_format_date(day)}/{shard:02}"


def _format_date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, timezone.utc).date().isoformat()
