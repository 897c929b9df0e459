"""Runs schedules at random, reproducibly by a seed: more overwrites, deliveries and faults than can
be visited one by one."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.interleavings.ending import run_to_the_end
from tests.interleavings.invariants import ALWAYS
from tests.interleavings.programs import Programs
from tests.interleavings.scenarios import BAD, BAD_2, GOOD, GOOD_2, Scenario, Upload
from tests.interleavings.screening import without_chance
from tests.interleavings.world import FAULTS, Action, World

WORLDS = 40
"""How many worlds the seeds share."""
_FAULT_RATE = 0.05
_WEIGHTS = {"tick": 0.15, "upload": 0.15, "deliver": 0.3, "land": 0.3}
"""How often other actions are chosen than the steps of attempts, which weigh 1."""
_MAX_NODES = 100_000


@dataclass(frozen=True)
class Sample:
    """A schedule that violates an invariant."""

    seed: int
    violation: str
    schedule: tuple[str, ...]


def run_samples(world_number: int, count: int) -> Sample | None:
    """Run `count` schedules of one of the worlds. Returns the first one with a violation."""
    scenario = _create_scenario(random.Random(world_number))  # noqa: S311
    programs = Programs(scenario)
    with without_chance():
        for seed in range(count):
            if len(programs.library) > _MAX_NODES:
                programs = Programs(scenario)
            world = World(scenario, programs.library, programs.start)
            if _run(world, random.Random(seed), None):  # noqa: S311
                steps = [str(scenario)]
                world = World(scenario, programs.library, programs.start)
                violation = _run(world, random.Random(seed), steps)  # noqa: S311
                return Sample(seed, violation, tuple(steps))
    return None


def _run(world: World, rng: random.Random, steps: list[str] | None) -> str:
    while (action := _choose(rng, world)) is not None:
        if steps is not None:
            steps.append(world.describe(action))
        world.apply(action)
        violation = next(filter(None, (find(world) for find in ALWAYS)), "")
        if violation:
            return violation
    return run_to_the_end(world, steps)


def _create_scenario(rng: random.Random) -> Scenario:
    contents = (GOOD, BAD) if rng.random() < 0.5 else (GOOD, BAD, GOOD_2, BAD_2, None)
    kind = rng.choices(("put", "multipart", "replica"), (8, 1, 1))[0]
    uploads = [Upload(rng.choice((GOOD, BAD)), kind)]
    uploads += [Upload(rng.choice(contents), kind) for _ in range(3)]
    writes = sum(upload.content is not None for upload in uploads)
    return Scenario(
        "at random",
        tuple(uploads),
        tuple(sorted(rng.randrange(writes) for _ in range(rng.randint(2, 4)))),
        is_versioned=rng.random() < 0.25,
        events_name_versions=rng.random() < 0.5,
        faults=rng.randint(2, 4),
        fault_kinds=tuple(sorted(FAULTS)),
        ticks=rng.choice((3, 12)),
        skews_s=(0, 1) if rng.random() < 0.3 else (0,),
        timeout_s=rng.choice((12, 20, 60)),
        trust_times=kind != "replica",
        redeliveries=3,
    )


def _choose(rng: random.Random, world: World) -> Action | None:
    actions = list(world.list_actions())
    faults = [action for action in actions if action.kind in FAULTS]
    if faults and rng.random() < _FAULT_RATE:
        return rng.choice(faults)
    others = [action for action in actions if action.kind not in FAULTS]
    if not others:
        return None
    return rng.choices(others, [_WEIGHTS.get(action.kind, 1) for action in others])[0]
