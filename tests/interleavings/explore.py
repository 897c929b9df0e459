"""Visits every state of a scenario."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from tests.interleavings.actions import Action, list_actions
from tests.interleavings.descriptions import describe_action
from tests.interleavings.ending import run_to_the_end
from tests.interleavings.invariants import find_violation
from tests.interleavings.programs import Programs
from tests.interleavings.reduction import Reduction
from tests.interleavings.scenarios import Scenario
from tests.interleavings.screening import without_chance
from tests.interleavings.world import World


@dataclass
class Report:
    """What an exploration found."""

    scenario: str
    states: int = 0
    is_whole: bool = True
    """Whether all states were visited."""
    transitions: int = 0
    endings: int = 0
    nodes: int = 0
    seconds: float = 0
    violation: str = ""
    schedule: tuple[str, ...] = ()


def explore(scenario: Scenario, max_states: int = 10**9, *, is_reduced: bool = True) -> Report:
    """Visit every state, the nearest first: the first violation has a short schedule. Without
    `is_reduced`, all orders of steps that commute are visited as well."""
    with without_chance():
        return _Explorer(scenario, Reduction() if is_reduced else None).run(max_states)


class _Explorer:
    def __init__(self, scenario: Scenario, reduction: Reduction | None) -> None:
        self._programs = Programs(scenario)
        self._world = World(scenario, self._programs.library, self._programs.start)
        self._reduction = reduction
        self._report = Report(scenario.name)
        self._reached_by: dict[int, tuple[int, tuple[Action, ...]] | None] = {}
        """For the hash of each state that was met, the state before, and the actions between."""
        self._queue: deque[Hashable] = deque()
        self._good_endings: set[int] = set()

    def run(self, max_states: int) -> Report:
        started, report = time.process_time(), self._report
        first = self._world.save()
        self._reached_by[hash(first)] = None
        self._queue.append(first)
        while self._queue and not report.violation and report.states < max_states:
            self._visit(self._queue.popleft())
        report.is_whole = not self._queue
        report.nodes = len(self._programs.library)
        report.seconds = time.process_time() - started
        return report

    def _visit(self, saved: Hashable) -> None:
        world, number = self._world, hash(saved)
        world.load(saved)
        self._report.states += 1
        actions = list(list_actions(world))
        if world.has_ended:
            self._end(saved, number)
        if self._reduction:
            actions = self._reduction.select(world, actions)
        for action in actions:
            if self._report.violation:
                return
            world.load(saved)
            self._follow(number, action)

    def _follow(self, number: int, action: Action) -> None:
        """Take an action, and then the steps that are enough to explore first."""
        world, report = self._world, self._report
        actions: tuple[Action, ...] = ()
        next_action: Action | None = action
        while next_action is not None:
            world.apply(next_action)
            report.transitions += 1
            actions = (*actions, next_action)
            violation = find_violation(world)
            if violation:
                self._describe(violation, number, actions)
                return
            next_action = self._reduction.find_step(world) if self._reduction else None
            if next_action is None or len(actions) == 1:
                after = world.save()
                number_after = hash(after)
                if number_after in self._reached_by:
                    return
                self._reached_by[number_after] = number, actions
                if next_action is None:
                    self._queue.append(after)
                else:
                    number, actions = number_after, ()
                    report.states += 1

    def _end(self, saved: Hashable, number: int) -> None:
        self._report.endings += 1
        world = self._world
        if run_to_the_end(world, self._good_endings):
            world.load(saved)
            steps: list[str] = []
            violation = run_to_the_end(world, set(), steps)
            self._describe(violation, number, (), steps)

    def _describe(
        self, violation: str, number: int, last: tuple[Action, ...], steps: Sequence[str] = ()
    ) -> None:
        """Note the schedule that leads to a violation."""
        actions = list(reversed(last))
        while (reached_by := self._reached_by[number]) is not None:
            number, between = reached_by
            actions.extend(reversed(between))
        world = World(self._world.scenario, self._programs.library, self._programs.start)
        lines = []
        for action in reversed(actions):
            lines.append(describe_action(world, action))
            world.apply(action)
        self._report.violation = violation
        self._report.schedule = (*lines, *steps)
