"""How many calls may be paid for: the port Allowance, no limit at all, and a cap for each day."""

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
"""Objects that share a day's cap."""
EXHAUSTED_CACHE_S = 60
"""How long an instance that found every shard spent believes it."""
_DAY_S = 86_400
_RESERVED, _RELEASED = b"+", b"-"
_PREFIX = "calls/"
_READ_THREADS = 8


class CallBudget(Protocol):
    """Asked before each call."""

    def check(self) -> None:
        """Raises errors.DailyLimitReachedError where it is known already that nothing is left;
        costs nothing."""

    def reserve(self, starts_in_s: float) -> BudgetPermit:
        """Leave for a call that starts in `ahead_s` seconds. Raises errors.DailyLimitReachedError
        when nothing is left, and what the store raises that keeps count."""


@dataclass(frozen=True)
class BudgetPermit:
    """Leave to pay for one call; its block holds the wait for the answer.

    Only a Success is paid for (id-verification-api.md, "Quota and price"): the permit of any other
    answer, or of a call that found no connection, is given back. A call without an answer may have
    been paid for.
    """

    paid: Callable[[], None]
    release: Callable[[], None]

    def __enter__(self) -> BudgetPermit:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is None:
            self.paid()
        elif isinstance(error, FacescreenError) and not isinstance(error, ResponseTimeoutError):
            self.release()


class UnlimitedBudget:
    """Lets every call through."""

    def __init__(self, on_paid: Callable[[], None] = lambda: None) -> None:
        self._permit = BudgetPermit(on_paid, lambda: None)

    def check(self) -> None:
        """Never raises."""

    def reserve(self, starts_in_s: float) -> BudgetPermit:  # noqa: ARG002
        """Never raises."""
        return self._permit


class DailyBudget:
    """The port Allowance: at most `most` paid calls a day, for all who share the state bucket.

    A day (UTC) has SHARDS append-only objects, ``calls/2026-11-23/07``, each with a fixed share of
    the cap. A call appends a ``+`` before it leaves, and a ``-`` afterwards if it cost nothing. A
    shard is spent once its pluses less its minuses are its share. An append says the length that
    was read (StateStore.append), so two can never both take the last call of a shard, and the
    shares add up to the cap: more than that is never paid. An instance that finds its shard spent
    goes on to the next, so the last call is found too.

    Why not one counter: every call of the fleet would write to it. They all write to the turns of
    rate_limiter.Fleet already, but those can't carry this: turns go by unused, may cost nothing in
    the end, and fill 1440 objects a day. Why no lease of many calls: it needs fewer requests, but
    Function Compute freezes an instance between two events, and the calls that it holds are lost to
    the others. So each call draws for itself, from a shard that its instance picked at random: one
    small request while nobody else draws there, three where somebody did, two on the average of 20
    instances. A killed instance takes the calls with it that it had under way: one on Function
    Compute, a batch's ten on Lambda. An append whose answer was lost takes one.

    A call belongs to the day in which it starts. A cap that is raised holds at once. One that is
    lowered holds exactly from the next day: a shard that is over its new share already stays so.
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
        self._available_shards: list[_Shard] = []
        self._exhausted_until = 0.0
        # A batch's threads would take the calls from under each other, and read again each time.
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises errors.DailyLimitReachedError for LOOK_AGAIN_S after every shard was found
        spent."""
        if self._clock() < self._exhausted_until:
            raise self._deferred_error()

    def reserve(self, starts_in_s: float) -> BudgetPermit:
        """One call of the day in which it starts."""
        with self._lock:
            self.check()
            self._start_day(int((self._clock() + starts_in_s) // _DAY_S))
            while self._available_shards:
                shard = self._available_shards[-1]
                if shard.reserve():
                    return BudgetPermit(self._on_paid, partial(self._release, self._day, shard))
                self._available_shards.pop()
            self._mark_exhausted()
            raise self._deferred_error()

    def _start_day(self, day: int) -> None:
        if day == self._day:
            return
        self._day = day
        self._available_shards = [
            _Shard(self._state, _shard_key(day, number), share)
            for number, share in enumerate(_split_into_shares(self._max_calls))
            if share
        ]
        random.shuffle(self._available_shards)

    def _mark_exhausted(self) -> None:
        """Until calls may have been given back, or the day has turned."""
        now = self._clock()
        self._exhausted_until = min(now + EXHAUSTED_CACHE_S, now + _seconds_left_in_day(now))
        self._day = -1

    def _deferred_error(self) -> DailyLimitReachedError:
        return DailyLimitReachedError(
            f"deferred: the day's {self._max_calls} paid calls (DAILY_CALLS) are spent; "
            "there are more from 00:00 UTC",
            retry_after_s=_seconds_left_in_day(self._clock()),
        )

    def _release(self, day: int, shard: _Shard) -> None:
        # If this fails, the day has one call less, and the call's own error says more.
        with self._lock, suppress(FacescreenError):
            shard.release()
            self._exhausted_until = 0.0
            if day == self._day and shard not in self._available_shards:
                self._available_shards.append(shard)


def is_budget_exhausted(state: StateStore, max_calls: float, now: float) -> bool:
    """Whether the day's `most` calls are, at a cost of SHARDS small requests."""
    keys = (_shard_key(int(now // _DAY_S), number) for number in range(SHARDS_PER_DAY))
    with ThreadPoolExecutor(_READ_THREADS) as readers:
        return sum(map(_reserved, readers.map(state.read, keys))) >= max_calls


def reserved_calls_by_day(state: StateStore, days: str) -> dict[str, int]:
    """The calls that were drawn on each day whose date starts with `days`, as ``2026-11``: those
    that were paid for, and those of which nobody knows. A day that had no cap is not there."""
    names = list(state.names(f"{_PREFIX}{days}", ""))
    counted: dict[str, int] = {}
    with ThreadPoolExecutor(_READ_THREADS) as readers:
        for name, marks in zip(names, readers.map(state.read, names), strict=True):
            day = name.split("/")[1]
            counted[day] = counted.get(day, 0) + _reserved(marks)
    return counted


class _Shard:
    """One object, as it was last known."""

    def __init__(self, state: StateStore, key: str, share: int) -> None:
        self._state = state
        self._shard_key = key
        self._share = share
        self._length = -1
        self._reserved = 0

    def reserve(self) -> bool:
        """Whether a call was left, and is the caller's now."""
        if self._length < 0:
            self._refresh()
        while self._reserved < self._share:
            if self._try_append(_RESERVED):
                self._reserved += 1
                return True
            self._refresh()
        return False

    def release(self) -> None:
        """Leaves one call to others."""
        while not self._try_append(_RELEASED):
            self._refresh()
        self._reserved -= 1

    def _try_append(self, mark: bytes) -> bool:
        done = self._state.append(self._shard_key, self._length, mark)
        self._length += done
        return done

    def _refresh(self) -> None:
        marks = self._state.read(self._shard_key)
        self._length, self._reserved = len(marks), _reserved(marks)


def _reserved(marks: bytes) -> int:
    return marks.count(_RESERVED) - marks.count(_RELEASED)


def _split_into_shares(max_calls: int) -> list[int]:
    """Grows with `most` in every place."""
    return [
        max_calls // SHARDS_PER_DAY + (number < max_calls % SHARDS_PER_DAY)
        for number in range(SHARDS_PER_DAY)
    ]


def _seconds_left_in_day(now: float) -> float:
    return _DAY_S - now % _DAY_S


def _shard_key(day: int, shard: int) -> str:
    return f"{_PREFIX}{_format_date(day)}/{shard:02}"


def _format_date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, timezone.utc).date().isoformat()
