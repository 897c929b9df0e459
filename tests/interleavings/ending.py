"""The end of every schedule: what has not happened yet happens, then one sweep."""

from __future__ import annotations

from tests.interleavings.invariants import ALWAYS, AT_THE_END, has_current_verdict
from tests.interleavings.world import Action, Delivery, World

_MAX_RECEIVES = 5
_REDELIVERY_DELAY_S = 60
_MAX_STEPS = 1000


def run_to_the_end(world: World, steps: list[str] | None = None) -> str:
    """Deliver all events until they are done, then sweep. Returns a violation, and adds a
    description of each action to `steps`."""
    while world.state.uploads < len(world.scenario.uploads):
        _apply(world, Action("upload"), steps)
    _add_missing_deliveries(world)
    for number in range(len(world.state.deliveries)):
        violation = _deliver(world, number, steps)
        if violation:
            return violation
    if not has_current_verdict(world):
        sweep = Delivery(len(world.state.truth.writes) - 1)
        world.state.deliveries = (*world.state.deliveries, sweep)
        violation = _deliver(world, len(world.state.deliveries) - 1, steps)
        if violation:
            return violation
    return next(filter(None, (find(world) for find in AT_THE_END)), "")


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
        actions = (a for a in world.list_actions() if a.kind in ("step", "land"))
        _apply(world, next(actions, Action("tick")), steps)
        violation = next(filter(None, (find(world) for find in ALWAYS)), "")
        if violation:
            return violation
    return "an attempt does not end"


def _apply(world: World, action: Action, steps: list[str] | None) -> None:
    if steps is not None:
        steps.append(world.describe(action))
    world.apply(action)
