"""Visits every state of a scenario."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

from tests.interleavings.ending import run_to_the_end
from tests.interleavings.invariants import ALWAYS
from tests.interleavings.programs import Programs
from tests.interleavings.scenarios import Scenario
from tests.interleavings.screening import without_chance
from tests.interleavings.world import Action, World


@dataclass
class Report:
    """What an exploration found."""

    scenario: str
    states: int = 0
    transitions: int = 0
    endings: int = 0
    nodes: int = 0
    seconds: float = 0
    violation: str = ""
    schedule: tuple[str, ...] = ()


def explore(scenario: Scenario, max_states: int = 10**9) -> Report:
    """Visit every state, the nearest first: the first violation has the shortest schedule."""
    with without_chance():
        return _Explorer(scenario).run(max_states)


class _Explorer:
    def __init__(self, scenario: Scenario) -> None:
        self._programs = Programs(scenario)
        self._world = World(scenario, self._programs.library, self._programs.start)
        self._report = Report(scenario.name)
        self._reached_by: dict[int, tuple[int, Action] | None] = {}

    def run(self, max_states: int) -> Report:
        started = time.process_time()
        first = self._world.save()
        self._reached_by[hash(first)] = None
        queue = deque([first])
        while queue and not self._report.violation and self._report.states < max_states:
            self._visit(queue.popleft(), queue)
        self._report.nodes = len(self._programs.library)
        self._report.seconds = time.process_time() - started
        return self._report

    def _visit(self, saved: Hashable, queue: deque[Hashable]) -> None:
        world, report = self._world, self._report
        number = hash(saved)
        world.load(saved)
        report.states += 1
        actions = list(world.list_actions())
        if world.has_ended:
            report.endings += 1
            violation = run_to_the_end(world)
            if violation:
                world.load(saved)
                steps: list[str] = []
                run_to_the_end(world, steps)
                self._describe(violation, number, steps)
                return
        for action in actions:
            world.load(saved)
            world.apply(action)
            report.transitions += 1
            after = world.save()
            number_after = hash(after)
            if number_after in self._reached_by:
                continue
            self._reached_by[number_after] = (number, action)
            queue.append(after)
            violation = next(filter(None, (find(world) for find in ALWAYS)), "")
            if violation:
                self._describe(violation, number_after, [])
                return

    def _describe(self, violation: str, number: int, steps: list[str]) -> None:
        """Note the schedule that leads to a violation."""
        actions = []
        while (reached_by := self._reached_by[number]) is not None:
            number, action = reached_by
            actions.append(action)
        world = World(self._world.scenario, self._programs.library, self._programs.start)
        lines = []
        for action in reversed(actions):
            lines.append(world.describe(action))
            world.apply(action)
        self._report.violation = violation
        self._report.schedule = (*lines, *steps)
