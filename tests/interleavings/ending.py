"""The end of every schedule: what has not happened yet happens, then one sweep."""

from __future__ import annotations

from tests.interleavings.actions import Action, list_runnable
from tests.interleavings.descriptions import describe_action
from tests.interleavings.invariants import find_lost_verdict, find_violation, has_current_verdict
from tests.interleavings.state import Delivery
from tests.interleavings.world import World

_MAX_RECEIVES = 5
_REDELIVERY_DELAY_S = 60
_MAX_STEPS = 1000


def run_to_the_end(world: World, good_endings: set[int], steps: list[str] | None = None) -> str:
    """Deliver all events until they are done, then sweep. Returns a violation, and adds a
    description of each action to `steps`.

    `good_endings` are the hashes of states between two deliveries from which the end is known to
    be good. Those on the way are added.
    """
    while world.state.uploads < len(world.scenario.uploads):
        _apply(world, Action("upload"), steps)
    _add_missing_deliveries(world)
    on_the_way: list[int] = []
    for number in range(len(world.state.deliveries)):
        on_the_way.append(hash((number, world.save())))
        if on_the_way[-1] in good_endings:
            return ""
        if violation := _deliver(world, number, steps):
            return violation
    violation = _sweep(world, steps) or find_lost_verdict(world)
    if not violation:
        good_endings.update(on_the_way)
    return violation


def _sweep(world: World, steps: list[str] | None) -> str:
    """Deliver the object once more if it has no verdict."""
    if has_current_verdict(world):
        return ""
    if not world.scenario.may_need_sweep:
        return "lost verdict: only a sweep finds the object"
    delivery = Delivery(len(world.state.truth.writes) - 1)
    world.state.deliveries = (*world.state.deliveries, delivery)
    return _deliver(world, len(world.state.deliveries) - 1, steps)


def _add_missing_deliveries(world: World) -> None:
    delivered = {delivery.write for delivery in world.state.deliveries}
    missing = (n for n in range(len(world.state.truth.writes)) if n not in delivered)
    world.state.deliveries = (*world.state.deliveries, *map(Delivery, missing))


def _deliver(world: World, number: int, steps: list[str] | None) -> str:
    """Deliver an event until it is done."""
    while world.state.deliveries[number].status != "done":
        if world.state.deliveries[number].attempts >= _MAX_RECEIVES:
            return "lost event: all attempts failed"
        world.advance(_REDELIVERY_DELAY_S)
        _apply(world, Action("deliver", number), steps)
        violation = _run(world, steps)
        if violation:
            return violation
    return ""


def _run(world: World, steps: list[str] | None) -> str:
    """Run what is running to its end, without faults."""
    for _ in range(_MAX_STEPS):
        if world.has_ended:
            return ""
        _apply(world, _choose(world), steps)
        violation = find_violation(world)
        if violation:
            return violation
    return "an attempt does not end"


def _choose(world: World) -> Action:
    """The first attempt that can run goes on."""
    for number, attempt in enumerate(world.state.attempts):
        for strand, _ in list_runnable(world, attempt):
            return Action("step", number, strand)
    return Action("land") if world.state.late else Action("tick")


def _apply(world: World, action: Action, steps: list[str] | None) -> None:
    if steps is not None:
        steps.append(describe_action(world, action))
    world.apply(action)
