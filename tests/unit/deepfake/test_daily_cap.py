"""The cap on a day's calls: never above it, and no call of it lost, in whichever order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone

import pytest

from facescreen.deepfake.budget import (
    EXHAUSTED_CACHE_S,
    SHARDS_PER_DAY,
    BudgetPermit,
    DailyBudget,
    count_reserved_calls_by_day,
)
from facescreen.errors import DailyLimitReachedError, ServiceUnavailableError
from facescreen.testing.stores import MemoryState
from tests.unit.deepfake.interleaving import Interleaved

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc).timestamp()
HALF_DAY = 43_200


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class CountingState(MemoryState):
    requests = 0

    def read(self, key: str) -> bytes:
        self.requests += 1
        return super().read(key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        self.requests += 1
        return super().append(key, position, data)


def permits(cap: DailyBudget) -> Iterator[BudgetPermit]:
    """Until nothing is left."""
    with suppress(DailyLimitReachedError):
        while True:
            with suppress(ServiceUnavailableError):
                yield cap.reserve(0)


def drawn(cap: DailyBudget) -> int:
    return sum(1 for _ in permits(cap))


@pytest.mark.parametrize("most", [1, 5, SHARDS_PER_DAY, 1000])
def test_one_instance_draws_all_and_no_more(most: int) -> None:
    cap = DailyBudget(MemoryState(), most, clock=Clock())
    assert drawn(cap) == most
    assert drawn(cap) == 0


def test_the_next_day_has_its_own_calls() -> None:
    clock, state = Clock(), MemoryState()
    cap = DailyBudget(state, 10, clock=clock)
    assert drawn(cap) == 10
    clock.now += HALF_DAY - 1
    with pytest.raises(DailyLimitReachedError) as raised:
        cap.reserve(0)
    assert raised.value.retry_after_s == 1
    assert str(raised.value).startswith("daily limit reached: 10 paid calls (DAILY_CALLS)")
    clock.now += 1
    assert drawn(cap) == 10
    assert count_reserved_calls_by_day(state, "2026-11") == {"2026-11-23": 10, "2026-11-24": 10}


def test_a_call_is_of_the_day_in_which_it_starts() -> None:
    clock, state = Clock(), MemoryState()
    clock.now += HALF_DAY - 1
    DailyBudget(state, 10, clock=clock).reserve(2).release()
    DailyBudget(state, 10, clock=clock).reserve(2)
    assert count_reserved_calls_by_day(state, "") == {"2026-11-24": 1}


@pytest.mark.parametrize("closed", [False, True])
def test_what_cost_nothing_is_drawn_again_at_once(closed: bool) -> None:
    state = MemoryState()
    cap = DailyBudget(state, 40, clock=Clock())
    given = [cap.reserve(0) for _ in range(40)]
    assert not closed or drawn(cap) == 0
    for permit in given[:7]:
        permit.release()
    assert drawn(cap) == 7
    assert sum(count_reserved_calls_by_day(state, "2026-11-23").values()) == 40


def test_what_others_gave_back_is_seen_within_a_minute() -> None:
    clock, state = Clock(), CountingState()
    cap, other = (DailyBudget(state, 40, clock=clock) for _ in range(2))
    permit = cap.reserve(0)
    assert drawn(other) == 39
    permit.release()
    state.requests = 0
    assert drawn(other) == 0
    assert state.requests == 0
    clock.now += EXHAUSTED_CACHE_S
    assert drawn(other) == 1


def test_a_cap_that_is_raised_holds_at_once() -> None:
    state = MemoryState()
    assert drawn(DailyBudget(state, 10, clock=Clock())) == 10
    assert drawn(DailyBudget(state, 70, clock=Clock())) == 60


def test_an_instance_by_itself_needs_a_request_a_call() -> None:
    state = CountingState()
    cap = DailyBudget(state, 200 * SHARDS_PER_DAY, clock=Clock())
    for _ in range(100):
        cap.reserve(0)
    assert state.requests == 101
    state.requests = 0
    cap.reserve(0).release()
    assert state.requests == 2


def test_twenty_instances_need_two_requests_a_call() -> None:
    """Each draws in turn, which is the worst order: whoever shares a shard was overtaken."""
    state = CountingState()
    fleet = [DailyBudget(state, 10_000, clock=Clock()) for _ in range(20)]
    for _ in range(100):
        for cap in fleet:
            cap.reserve(0)
    assert state.requests / 2000 <= 2.5


def test_at_the_cap_an_instance_looks_once_a_minute() -> None:
    clock, state = Clock(), CountingState()
    drawn(DailyBudget(state, 1000, clock=clock))
    state.requests = 0
    late = DailyBudget(state, 1000, clock=clock)
    for _ in range(100):
        with pytest.raises(DailyLimitReachedError):
            late.reserve(0)
        clock.now += EXHAUSTED_CACHE_S / 50
    assert state.requests <= 2 * SHARDS_PER_DAY


def test_without_the_store_no_call_is_let_through() -> None:
    class Down(MemoryState):
        def read(self, key: str) -> bytes:
            raise ServiceUnavailableError("OSS can't be reached")

    with pytest.raises(ServiceUnavailableError):
        DailyBudget(Down(), 10, clock=Clock()).reserve(0)


def test_a_call_that_can_not_be_given_back_hides_no_other_trouble() -> None:
    state = MemoryState()
    permit = DailyBudget(state, 10, clock=Clock()).reserve(0)

    def down(key: str, position: int, data: bytes) -> bool:
        raise ServiceUnavailableError("OSS can't be reached")

    state.append = down  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="the call's own"), permit:
        raise ValueError("the call's own")
    with pytest.raises(ServiceUnavailableError, match="unwell"), permit:
        raise ServiceUnavailableError("the service is unwell")
    assert count_reserved_calls_by_day(state, "") == {"2026-11-23": 1}


def test_the_threads_of_an_instance_share_it() -> None:
    state = MemoryState()
    cap = DailyBudget(state, 200, clock=Clock())
    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(lambda _: drawn(cap), range(10))) == 200


@pytest.mark.parametrize("seed", range(25))
def test_whoever_comes_between(seed: int) -> None:
    """20 instances through two days, switched at random. Calls cost nothing, requests fail before
    or after they were served, instances are killed with a call under way."""
    chance = random.Random(seed)  # noqa: S311
    state, most = Interleaved(chance), chance.choice([7, 40, 333])
    paid, killed = Counter[str](), Counter[str]()

    def instance() -> None:
        clock = Clock()
        cap = DailyBudget(state, most, clock=clock)
        for day in ("2026-11-23", "2026-11-24"):
            for permit in permits(cap):
                if chance.random() < 0.2:
                    permit.release()
                elif chance.random() < 0.01:
                    killed[day] += 1
                    return
                else:
                    paid[day] += 1
            clock.now += 2 * HALF_DAY

    state.run(instance, 20)
    for day, calls in paid.items():
        assert most - killed[day] - state.failed_appends[day] <= calls <= most
    assert len(paid) == 2
