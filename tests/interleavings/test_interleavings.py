"""In every order of the requests of two deliveries, an overwrite and a fault, no verdict is on
bytes that the service did not judge, none is lost, and no bytes are paid for twice."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.interleavings.explore import explore
from tests.interleavings.sample import WORLDS, run_samples
from tests.interleavings.scenarios import EXHAUSTIVE, LARGER, MAX_STATES, Scenario
from tests.interleavings.without_protection import explore_without, list_protections
from tests.support.protections import Protection

FEW_STATES = 100
SCHEDULES = 100_000


@pytest.mark.parametrize("scenario", EXHAUSTIVE + LARGER, ids=lambda scenario: scenario.name)
def test_the_nearest_states_keep_all_promises(scenario: Scenario) -> None:
    report = explore(scenario, FEW_STATES)
    assert not report.violation, "\n".join(report.schedule)


def test_some_schedules_at_random_keep_all_promises() -> None:
    for world in range(WORLDS):
        assert run_samples(world, 5) is None


@pytest.mark.slow
@pytest.mark.parametrize("scenario", EXHAUSTIVE + LARGER, ids=lambda scenario: scenario.name)
def test_all_states_keep_all_promises(scenario: Scenario) -> None:
    report = explore(scenario, MAX_STATES)
    assert report.is_whole or scenario in LARGER
    assert not report.violation, "\n".join(report.schedule)


@pytest.mark.slow
def test_many_schedules_at_random_keep_all_promises() -> None:
    with ProcessPoolExecutor(2) as pool:
        samples = list(pool.map(run_samples, range(WORLDS), [SCHEDULES // WORLDS] * WORLDS))
    assert samples == [None] * WORLDS


@pytest.mark.slow
@pytest.mark.parametrize("protection", list_protections(), ids=lambda protection: protection.name)
def test_without_a_protection_a_promise_is_broken(protection: Protection, tmp_path: Path) -> None:
    assert explore_without(protection, tmp_path).violation
