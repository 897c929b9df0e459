"""What is left out of an exploration leads nowhere else."""

from __future__ import annotations

import pytest

from tests.interleavings.explore import explore
from tests.interleavings.scenarios import BAD, GOOD, Scenario, Upload

SCENARIOS = (
    Scenario("one event twice", (Upload(GOOD),), (0, 0), faults=0),
    Scenario("other bytes", (Upload(GOOD), Upload(BAD)), (0,), fault_kinds=("kill", "lose")),
    Scenario("late requests", (Upload(BAD),), (0, 0), fault_kinds=("late",)),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_all_orders_of_steps_have_the_ends_of_those_explored(scenario: Scenario) -> None:
    reduced, full = explore(scenario), explore(scenario, is_reduced=False)
    assert not reduced.violation
    assert not full.violation
    assert reduced.endings == full.endings
    assert reduced.states < full.states
