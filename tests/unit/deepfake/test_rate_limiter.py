"""Slots: never too close together, never in the past, none unused while a caller waits."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen.deepfake.rate_limiter import (
    SAFETY_FACTOR,
    WINDOW_S,
    LocalRateLimiter,
    RateLimiter,
    SharedRateLimiter,
)
from facescreen.testing.state_store import MemoryStateStore
from tests.support.fake_clock import FakeClock

WINDOW_START = 1_000_000 * WINDOW_S


def shared_rate_limiter(
    clock: FakeClock, state: MemoryStateStore | None = None
) -> SharedRateLimiter:
    return SharedRateLimiter(state or MemoryStateStore(), 10, clock=clock)


def reserve_slots(rate_limiter: RateLimiter, clock: FakeClock, count: int) -> list[float]:
    """Reserve `count` slots and return their times."""
    waits = [rate_limiter.reserve(1e9) for _ in range(count)]
    return [clock.now + wait for wait in waits if wait is not None]


@pytest.mark.parametrize("limiter", ["local", "shared"])
@pytest.mark.parametrize("pause_s", [0.0, 0.55, 59.95])
def test_no_second_holds_more_than_the_quota(limiter: str, pause_s: float) -> None:
    clock = FakeClock(WINDOW_START)
    rate_limiter: RateLimiter = (
        LocalRateLimiter(10, clock) if limiter == "local" else shared_rate_limiter(clock)
    )
    slots = reserve_slots(rate_limiter, clock, 3)
    clock.now += pause_s
    slots += reserve_slots(rate_limiter, clock, 1300)
    assert len(slots) == 1303
    for first, eleventh in zip(slots, slots[10:], strict=False):
        assert eleventh - first >= 1 - 1e-6


def test_waiting_callers_use_the_whole_quota() -> None:
    clock = FakeClock(WINDOW_START)
    slots = reserve_slots(shared_rate_limiter(clock), clock, 1200)
    assert len(slots) / (slots[-1] - slots[0]) > 9.5


def test_instances_share_one_quota() -> None:
    clock, state = FakeClock(WINDOW_START), MemoryStateStore()
    instances = [shared_rate_limiter(clock, state) for _ in range(7)]
    slots = sorted(clock.now + (i.reserve(1e9) or 0) for i in instances * 3)
    gaps = [later - earlier for earlier, later in itertools.pairwise(slots)]
    assert min(gaps) >= SAFETY_FACTOR / 10 - 1e-6


def test_concurrent_instances_never_reserve_the_same_slot() -> None:
    clock, state = FakeClock(WINDOW_START), MemoryStateStore()
    waits: list[float | None] = []

    def race() -> None:
        instance = shared_rate_limiter(clock, state)
        for _ in range(20):
            waits.append(instance.reserve(1e9))  # noqa: PERF401

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(waits)) == len(waits) == 160


class SlowState(MemoryStateStore):
    """A slow state that counts the appends that conflict with another."""

    failed_appends = 0

    def read(self, key: str) -> bytes:
        content = super().read(key)
        threading.Event().wait(0.001)  # not sleep, which does not sleep in these tests
        return content

    def append(self, key: str, position: int, data: bytes) -> bool:
        appended = super().append(key, position, data)
        self.failed_appends += not appended
        return appended


def test_the_threads_of_an_instance_do_not_conflict() -> None:
    state = SlowState()
    instance = shared_rate_limiter(FakeClock(WINDOW_START), state)
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: instance.reserve(1e9), range(80)))
    assert len(set(waits)) == 80
    assert state.failed_appends == 0


def test_a_slot_in_the_past_is_not_returned() -> None:
    clock = FakeClock(WINDOW_START)
    rate_limiter = shared_rate_limiter(clock)
    rate_limiter.reserve(1e9)
    clock.now += 30
    assert [round(slot - clock.now, 3) for slot in reserve_slots(rate_limiter, clock, 2)] < [
        0.11,
        0.22,
    ]


@pytest.mark.parametrize("limiter", ["local", "shared"])
def test_a_slot_beyond_the_maximum_wait_is_not_reserved(limiter: str) -> None:
    clock = FakeClock(WINDOW_START)
    rate_limiter: RateLimiter = (
        LocalRateLimiter(10, clock) if limiter == "local" else shared_rate_limiter(clock)
    )
    for _ in range(20):
        rate_limiter.reserve(1e9)
    assert rate_limiter.reserve(1.0) is None
    wait_s = rate_limiter.reserve(1e9)
    assert wait_s is not None
    assert wait_s < 2.2
