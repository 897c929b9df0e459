"""Runs schedules at random, reproducibly by a seed: more overwrites, deliveries and faults than can
be visited one by one."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.interleavings.actions import FAULTS, Action, list_calm_actions, list_faults
from tests.interleavings.descriptions import describe_action
from tests.interleavings.ending import run_to_the_end
from tests.interleavings.invariants import find_violation
from tests.interleavings.programs import Programs
from tests.interleavings.scenarios import BAD, BAD_2, GOOD, GOOD_2, Scenario, Upload
from tests.interleavings.screening import without_chance
from tests.interleavings.world import World

WORLDS = 40
"""How many worlds the seeds share."""
_FAULT_RATE = 0.05
_WEIGHTS = {"tick": 0.15, "upload": 0.15, "deliver": 0.3, "land": 0.3}
"""How often other actions are chosen than the steps of attempts, which weigh 1."""
_MAX_NODES = 100_000
_FAMILY = 40
"""How many schedules share a beginning."""


@dataclass(frozen=True)
class Sample:
    """A schedule that violates an invariant."""

    seed: int
    violation: str
    schedule: tuple[str, ...]


def run_samples(world_number: int, count: int) -> Sample | None:
    """Run `count` schedules of one of the worlds. Returns the first one with a violation."""
    scenario = _create_scenario(random.Random(world_number))  # noqa: S311
    sampler = _Sampler(scenario)
    with without_chance():
        for family in range(-(-count // _FAMILY)):
            if sampler.nodes > _MAX_NODES:
                sampler = _Sampler(scenario)
            members = min(_FAMILY, count - family * _FAMILY)
            if (seed := sampler.run_family(family, members)) is not None:
                return sampler.describe(seed)
    return None


class _Sampler:
    """Runs the schedules of one scenario.

    They come in families. The first member is drawn from its beginning. Each of the others shares
    a beginning with the first one, more often a long one, and is drawn from there. So many more
    schedules are run in the same time than if each one had a beginning of its own.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._programs = Programs(scenario)
        self._good_endings: set[int] = set()

    @property
    def nodes(self) -> int:
        return len(self._programs.library)

    def run_family(self, family: int, members: int) -> int | None:
        """Run the members of a family. Returns the seed of the first one with a violation."""
        seed = family * _FAMILY
        world = self._create_world()
        saved = [world.save()]
        rng = random.Random(seed)  # noqa: S311
        while (action := _choose(rng, world)) is not None:
            world.apply(action)
            saved.append(world.save())
            if find_violation(world):
                return seed
        if run_to_the_end(world, self._good_endings):
            return seed
        for member in range(1, members):
            rng = random.Random(seed + member)  # noqa: S311
            world.load(saved[_draw_length(rng, len(saved))])
            if self._finish(world, rng, None):
                return seed + member
        return None

    def describe(self, seed: int) -> Sample:
        """Run one schedule again, and describe it."""
        first = seed - seed % _FAMILY
        steps = [str(self._scenario)]
        actions = self._draw_first(first)
        rng = random.Random(seed)  # noqa: S311
        world = self._create_world()
        if seed != first:
            for action in actions[: _draw_length(rng, len(actions) + 1)]:
                steps.append(describe_action(world, action))
                world.apply(action)
        violation = self._finish(world, rng, steps)
        return Sample(seed, violation, tuple(steps))

    def _draw_first(self, seed: int) -> list[Action]:
        rng, world = random.Random(seed), self._create_world()  # noqa: S311
        actions: list[Action] = []
        while not find_violation(world) and (action := _choose(rng, world)) is not None:
            actions.append(action)
            world.apply(action)
        return actions

    def _finish(self, world: World, rng: random.Random, steps: list[str] | None) -> str:
        while (action := _choose(rng, world)) is not None:
            if steps is not None:
                steps.append(describe_action(world, action))
            world.apply(action)
            if violation := find_violation(world):
                return violation
        return run_to_the_end(world, self._good_endings if steps is None else set(), steps)

    def _create_world(self) -> World:
        return World(self._scenario, self._programs.library, self._programs.start)


def _draw_length(rng: random.Random, limit: int) -> int:
    """Draw the length of a shared beginning."""
    return max(rng.randrange(limit) for _ in range(3))


def _create_scenario(rng: random.Random) -> Scenario:
    contents = (GOOD, BAD) if rng.random() < 0.5 else (GOOD, BAD, GOOD_2, BAD_2, None)
    kind = rng.choices(("put", "multipart", "replica"), (8, 1, 1))[0]
    uploads = [Upload(rng.choice((GOOD, BAD)), kind)]
    uploads += [Upload(rng.choice(contents), kind) for _ in range(3)]
    writes = sum(upload.content is not None for upload in uploads)
    return Scenario(
        "at random",
        tuple(uploads),
        tuple(sorted(rng.randrange(writes) for _ in range(rng.randint(2, 3)))),
        is_versioned=rng.random() < 0.25,
        events_name_versions=rng.random() < 0.5,
        faults=rng.randint(2, 4),
        fault_kinds=tuple(sorted(FAULTS)),
        ticks=rng.choice((3, 12)),
        skews_s=(0, 1) if rng.random() < 0.3 else (0,),
        timeout_s=rng.choice((12, 20, 60)),
        trust_times=kind != "replica",
        redeliveries=2,
        may_need_sweep=True,
    )


def _choose(rng: random.Random, world: World) -> Action | None:
    if world.may_fail and rng.random() < _FAULT_RATE:
        faults = list(list_faults(world))
        if faults:
            return rng.choice(faults)
    actions = list(list_calm_actions(world))
    if not actions:
        return None
    weights = [_WEIGHTS.get(action.kind, 1) for action in actions]
    return actions[0] if len(actions) == 1 else rng.choices(actions, weights)[0]
