"""Turns: never two too close, none that has gone by, none left while somebody waits."""

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
from facescreen.testing.stores import MemoryState


class Clock:
    def __init__(self, now: float = 1_000_000 * WINDOW_S) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def fleet(clock: Clock, state: MemoryState | None = None) -> SharedRateLimiter:
    return SharedRateLimiter(state or MemoryState(), 10, clock=clock)


def turns(pace: RateLimiter, clock: Clock, count: int) -> list[float]:
    """The moments of the next `count` turns."""
    waits = [pace.reserve(1e9) for _ in range(count)]
    return [clock.now + wait for wait in waits if wait is not None]


@pytest.mark.parametrize("kind", ["interval", "fleet"])
@pytest.mark.parametrize("late", [0.0, 0.55, 59.95])
def test_no_second_holds_more_than_the_quota(kind: str, late: float) -> None:
    clock = Clock()
    pace: RateLimiter = LocalRateLimiter(10, clock) if kind == "interval" else fleet(clock)
    moments = turns(pace, clock, 3)
    clock.now += late
    moments += turns(pace, clock, 1300)
    assert len(moments) == 1303
    for first, eleventh in zip(moments, moments[10:], strict=False):
        assert eleventh - first >= 1 - 1e-6


def test_a_fleet_that_waits_uses_the_quota() -> None:
    clock = Clock()
    moments = turns(fleet(clock), clock, 1200)
    assert len(moments) / (moments[-1] - moments[0]) > 9.5


def test_instances_share_one_quota() -> None:
    clock, state = Clock(), MemoryState()
    instances = [fleet(clock, state) for _ in range(7)]
    moments = sorted(clock.now + (i.reserve(1e9) or 0) for i in instances * 3)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert min(gaps) >= SAFETY_FACTOR / 10 - 1e-6


def test_instances_that_race_never_take_the_same_turn() -> None:
    clock, state = Clock(), MemoryState()
    taken: list[float | None] = []

    def race() -> None:
        own = fleet(clock, state)
        for _ in range(20):
            taken.append(own.reserve(1e9))  # noqa: PERF401

    racers = [threading.Thread(target=race) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(set(taken)) == len(taken) == 160


class SlowState(MemoryState):
    """Counts the appends that came too late."""

    refused = 0

    def read(self, key: str) -> bytes:
        found = super().read(key)
        threading.Event().wait(0.001)  # not sleep, which does not sleep in these tests
        return found

    def append(self, key: str, position: int, data: bytes) -> bool:
        done = super().append(key, position, data)
        self.refused += not done
        return done


def test_the_threads_of_an_instance_do_not_race() -> None:
    state = SlowState()
    own = fleet(Clock(), state)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: own.reserve(1e9), range(80)))
    assert len(set(taken)) == 80
    assert state.refused == 0


def test_a_turn_that_has_gone_by_is_not_handed_out() -> None:
    clock = Clock()
    pace = fleet(clock)
    pace.reserve(1e9)
    clock.now += 30
    assert [round(turn - clock.now, 3) for turn in turns(pace, clock, 2)] < [0.11, 0.22]


@pytest.mark.parametrize("kind", ["interval", "fleet"])
def test_a_turn_that_is_too_far_away_is_left_for_others(kind: str) -> None:
    clock = Clock()
    pace: RateLimiter = LocalRateLimiter(10, clock) if kind == "interval" else fleet(clock)
    for _ in range(20):
        pace.reserve(1e9)
    assert pace.reserve(1.0) is None
    before = pace.reserve(1e9)
    assert before is not None
    assert before < 2.2
