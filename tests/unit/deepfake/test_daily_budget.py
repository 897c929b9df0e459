"""The daily budget: never exceeded, and no call of it is lost, in any interleaving."""

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
from facescreen.testing.state_store import MemoryStateStore
from tests.support.fake_clock import FakeClock
from tests.unit.deepfake.interleaving import InterleavedState

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc).timestamp()
HALF_DAY_S = 43_200


class CountingState(MemoryStateStore):
    requests = 0

    def read(self, key: str) -> bytes:
        self.requests += 1
        return super().read(key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        self.requests += 1
        return super().append(key, position, data)


def reserve_all(budget: DailyBudget) -> Iterator[BudgetPermit]:
    """Reserve calls until the daily limit is reached."""
    with suppress(DailyLimitReachedError):
        while True:
            with suppress(ServiceUnavailableError):
                yield budget.reserve(0)


def count_reservations(budget: DailyBudget) -> int:
    return sum(1 for _ in reserve_all(budget))


@pytest.mark.parametrize("max_calls", [1, 5, SHARDS_PER_DAY, 1000])
def test_one_instance_can_reserve_exactly_the_limit(max_calls: int) -> None:
    budget = DailyBudget(MemoryStateStore(), max_calls, clock=FakeClock(NOON))
    assert count_reservations(budget) == max_calls
    assert count_reservations(budget) == 0


def test_the_next_day_has_its_own_budget() -> None:
    clock, state = FakeClock(NOON), MemoryStateStore()
    budget = DailyBudget(state, 10, clock=clock)
    assert count_reservations(budget) == 10
    clock.now += HALF_DAY_S - 1
    with pytest.raises(DailyLimitReachedError) as raised:
        budget.reserve(0)
    assert raised.value.retry_after_s == 1
    assert str(raised.value).startswith("daily limit reached: 10 paid calls (DAILY_CALLS)")
    clock.now += 1
    assert count_reservations(budget) == 10
    assert count_reserved_calls_by_day(state, "2026-11") == {"2026-11-23": 10, "2026-11-24": 10}


def test_a_call_counts_on_the_day_in_which_it_starts() -> None:
    clock, state = FakeClock(NOON), MemoryStateStore()
    clock.now += HALF_DAY_S - 1
    DailyBudget(state, 10, clock=clock).reserve(2).release()
    DailyBudget(state, 10, clock=clock).reserve(2)
    assert count_reserved_calls_by_day(state, "") == {"2026-11-24": 1}


@pytest.mark.parametrize("was_exhausted", [False, True])
def test_released_calls_can_be_reserved_again_at_once(was_exhausted: bool) -> None:
    state = MemoryStateStore()
    budget = DailyBudget(state, 40, clock=FakeClock(NOON))
    permits = [budget.reserve(0) for _ in range(40)]
    assert not was_exhausted or count_reservations(budget) == 0
    for permit in permits[:7]:
        permit.release()
    assert count_reservations(budget) == 7
    assert sum(count_reserved_calls_by_day(state, "2026-11-23").values()) == 40


def test_calls_released_by_others_are_seen_within_a_minute() -> None:
    clock, state = FakeClock(NOON), CountingState()
    budget, second_budget = (DailyBudget(state, 40, clock=clock) for _ in range(2))
    permit = budget.reserve(0)
    assert count_reservations(second_budget) == 39
    permit.release()
    state.requests = 0
    assert count_reservations(second_budget) == 0
    assert state.requests == 0
    clock.now += EXHAUSTED_CACHE_S
    assert count_reservations(second_budget) == 1


def test_a_raised_limit_takes_effect_at_once() -> None:
    state = MemoryStateStore()
    assert count_reservations(DailyBudget(state, 10, clock=FakeClock(NOON))) == 10
    assert count_reservations(DailyBudget(state, 70, clock=FakeClock(NOON))) == 60


def test_a_single_instance_needs_one_request_a_call() -> None:
    state = CountingState()
    budget = DailyBudget(state, 200 * SHARDS_PER_DAY, clock=FakeClock(NOON))
    for _ in range(100):
        budget.reserve(0)
    assert state.requests == 101
    state.requests = 0
    budget.reserve(0).release()
    assert state.requests == 2


def test_twenty_instances_need_two_requests_a_call() -> None:
    """They take turns, the worst order: instances that share a shard always conflict."""
    state = CountingState()
    fleet = [DailyBudget(state, 10_000, clock=FakeClock(NOON)) for _ in range(20)]
    for _ in range(100):
        for budget in fleet:
            budget.reserve(0)
    assert state.requests / 2000 <= 2.5


def test_at_the_limit_an_instance_checks_once_a_minute() -> None:
    clock, state = FakeClock(NOON), CountingState()
    count_reservations(DailyBudget(state, 1000, clock=clock))
    state.requests = 0
    budget = DailyBudget(state, 1000, clock=clock)
    for _ in range(100):
        with pytest.raises(DailyLimitReachedError):
            budget.reserve(0)
        clock.now += EXHAUSTED_CACHE_S / 50
    assert state.requests <= 2 * SHARDS_PER_DAY


def test_without_the_state_store_no_call_is_allowed() -> None:
    class FailingState(MemoryStateStore):
        def read(self, key: str) -> bytes:
            raise ServiceUnavailableError("OSS can't be reached")

    with pytest.raises(ServiceUnavailableError):
        DailyBudget(FailingState(), 10, clock=FakeClock(NOON)).reserve(0)


def test_a_failed_release_does_not_hide_the_calls_error() -> None:
    state = MemoryStateStore()
    permit = DailyBudget(state, 10, clock=FakeClock(NOON)).reserve(0)

    def fail_to_append(key: str, position: int, data: bytes) -> bool:
        raise ServiceUnavailableError("OSS can't be reached")

    state.append = fail_to_append  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="the call's own"), permit:
        raise ValueError("the call's own")
    with pytest.raises(ServiceUnavailableError, match="unwell"), permit:
        raise ServiceUnavailableError("the service is unwell")
    assert count_reserved_calls_by_day(state, "") == {"2026-11-23": 1}


def test_the_threads_of_an_instance_share_the_budget() -> None:
    state = MemoryStateStore()
    budget = DailyBudget(state, 200, clock=FakeClock(NOON))
    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(lambda _: count_reservations(budget), range(10))) == 200


@pytest.mark.parametrize("seed", range(25))
def test_the_limit_holds_in_any_interleaving(seed: int) -> None:
    """20 instances over two days, interleaved at random. Some calls are released, requests fail
    before or after they take effect, and instances are killed during a call."""
    rng = random.Random(seed)  # noqa: S311
    state, max_calls = InterleavedState(rng), rng.choice([7, 40, 333])
    paid, killed = Counter[str](), Counter[str]()

    def instance() -> None:
        clock = FakeClock(NOON)
        budget = DailyBudget(state, max_calls, clock=clock)
        for day in ("2026-11-23", "2026-11-24"):
            for permit in reserve_all(budget):
                if rng.random() < 0.2:
                    permit.release()
                elif rng.random() < 0.01:
                    killed[day] += 1
                    return
                else:
                    paid[day] += 1
            clock.now += 2 * HALF_DAY_S

    state.run(instance, 20)
    for day, calls in paid.items():
        assert max_calls - killed[day] - state.failed_appends[day] <= calls <= max_calls
    assert len(paid) == 2
