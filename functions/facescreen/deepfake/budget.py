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

from facescreen.errors import Deferred, FacescreenError, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from facescreen.storage.ports import StateStore

SHARDS = 32
"""Objects that share a day's cap."""
LOOK_AGAIN_S = 60
"""How long an instance that found every shard spent believes it."""
_DAY_S = 86_400
_DRAWN, _GIVEN_BACK = b"+", b"-"
_PREFIX = "calls/"
_READERS = 8


class Allowance(Protocol):
    """Asked before each call."""

    def check(self) -> None:
        """Raises errors.Deferred where it is known already that nothing is left; costs nothing."""

    def draw(self, ahead_s: float) -> Permit:
        """Leave for a call that starts in `ahead_s` seconds. Raises errors.Deferred when nothing
        is left, and what the store raises that keeps count."""


@dataclass(frozen=True)
class Permit:
    """Leave to pay for one call; its block holds the wait for the answer.

    Only a Success is paid for (id-verification-api.md, "Quota and price"): the permit of any other
    answer, or of a call that found no connection, is given back. A call without an answer may have
    been paid for.
    """

    paid: Callable[[], None]
    give_back: Callable[[], None]

    def __enter__(self) -> Permit:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is None:
            self.paid()
        elif isinstance(error, FacescreenError) and not isinstance(error, NoAnswer):
            self.give_back()


class Unlimited:
    """Lets every call through."""

    def __init__(self, on_paid: Callable[[], None] = lambda: None) -> None:
        self._permit = Permit(on_paid, lambda: None)

    def check(self) -> None:
        """Never raises."""

    def draw(self, ahead_s: float) -> Permit:  # noqa: ARG002
        """Never raises."""
        return self._permit


class DailyCap:
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
        most: int,
        *,
        on_paid: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._most = most
        self._on_paid = on_paid
        self._clock = clock
        self._day = -1
        self._unspent: list[_Shard] = []
        self._spent_until = 0.0
        # A batch's threads would take the calls from under each other, and read again each time.
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises errors.Deferred for LOOK_AGAIN_S after every shard was found spent."""
        if self._clock() < self._spent_until:
            raise self._deferred()

    def draw(self, ahead_s: float) -> Permit:
        """One call of the day in which it starts."""
        with self._lock:
            self.check()
            self._turn_to(int((self._clock() + ahead_s) // _DAY_S))
            while self._unspent:
                shard = self._unspent[-1]
                if shard.draw():
                    return Permit(self._on_paid, partial(self._give_back, self._day, shard))
                self._unspent.pop()
            self._close()
            raise self._deferred()

    def _turn_to(self, day: int) -> None:
        if day == self._day:
            return
        self._day = day
        self._unspent = [
            _Shard(self._state, _key(day, number), share)
            for number, share in enumerate(_shares(self._most))
            if share
        ]
        random.shuffle(self._unspent)

    def _close(self) -> None:
        """Until calls may have been given back, or the day has turned."""
        now = self._clock()
        self._spent_until = min(now + LOOK_AGAIN_S, now + _left_of_day(now))
        self._day = -1

    def _deferred(self) -> Deferred:
        return Deferred(
            f"deferred: the day's {self._most} paid calls (DAILY_CALLS) are spent; "
            "there are more from 00:00 UTC",
            retry_after_s=_left_of_day(self._clock()),
        )

    def _give_back(self, day: int, shard: _Shard) -> None:
        # If this fails, the day has one call less, and the call's own error says more.
        with self._lock, suppress(FacescreenError):
            shard.give_back()
            self._spent_until = 0.0
            if day == self._day and shard not in self._unspent:
                self._unspent.append(shard)


def is_spent(state: StateStore, most: float, now: float) -> bool:
    """Whether the day's `most` calls are, at a cost of SHARDS small requests."""
    keys = (_key(int(now // _DAY_S), number) for number in range(SHARDS))
    with ThreadPoolExecutor(_READERS) as readers:
        return sum(map(_drawn, readers.map(state.read, keys))) >= most


def drawn_by_day(state: StateStore, days: str) -> dict[str, int]:
    """The calls that were drawn on each day whose date starts with `days`, as ``2026-11``: those
    that were paid for, and those of which nobody knows. A day that had no cap is not there."""
    names = list(state.names(f"{_PREFIX}{days}", ""))
    counted: dict[str, int] = {}
    with ThreadPoolExecutor(_READERS) as readers:
        for name, marks in zip(names, readers.map(state.read, names), strict=True):
            day = name.split("/")[1]
            counted[day] = counted.get(day, 0) + _drawn(marks)
    return counted


class _Shard:
    """One object, as it was last known."""

    def __init__(self, state: StateStore, key: str, share: int) -> None:
        self._state = state
        self._key = key
        self._share = share
        self._length = -1
        self._drawn = 0

    def draw(self) -> bool:
        """Whether a call was left, and is the caller's now."""
        if self._length < 0:
            self._look()
        while self._drawn < self._share:
            if self._append(_DRAWN):
                self._drawn += 1
                return True
            self._look()
        return False

    def give_back(self) -> None:
        """Leaves one call to others."""
        while not self._append(_GIVEN_BACK):
            self._look()
        self._drawn -= 1

    def _append(self, mark: bytes) -> bool:
        done = self._state.append(self._key, self._length, mark)
        self._length += done
        return done

    def _look(self) -> None:
        marks = self._state.read(self._key)
        self._length, self._drawn = len(marks), _drawn(marks)


def _drawn(marks: bytes) -> int:
    return marks.count(_DRAWN) - marks.count(_GIVEN_BACK)


def _shares(most: int) -> list[int]:
    """Grows with `most` in every place."""
    return [most // SHARDS + (number < most % SHARDS) for number in range(SHARDS)]


def _left_of_day(now: float) -> float:
    return _DAY_S - now % _DAY_S


def _key(day: int, shard: int) -> str:
    return f"{_PREFIX}{_date(day)}/{shard:02}"


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, timezone.utc).date().isoformat()
