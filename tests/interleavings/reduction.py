"""Finds actions that are enough to explore first: every violation that is reached without them is
reached after them, too.

That is so for one step, or for all actions of an attempt, if they commute with everything that may
happen before the first of them does. Any schedule is then equivalent to one that begins with it. No
violation on the way is hidden: a step that is taken earlier may record what was paid for, or close
the window of a tagging request, and both make the judge stricter. A call makes it milder, because
its content counts as judged from then on; so the judgement is part of the footprints. Time is not:
it passes only while nothing can run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interleavings.actions import DATED, Action, list_runnable
from tests.interleavings.footprints import (
    NO_FOOTPRINT,
    Footprint,
    SoloRuns,
    find_call_footprint,
    find_late_footprint,
)

if TYPE_CHECKING:
    from tests.interleavings.world import World

_PRIVATE_PORTS = frozenset({"clock", "history"})
"""Their calls change nothing that any other call, upload or invariant depends on."""
_ANNOUNCEMENTS = frozenset({"publisher", "history"})
_ATTEMPT_ACTIONS = frozenset({"step", "fail", "lose", "late", "kill"})


class Reduction:
    """Finds such actions in the worlds of one scenario."""

    def __init__(self) -> None:
        self._solo_runs = SoloRuns()

    def select(self, world: World, actions: list[Action]) -> list[Action]:
        """Return those of `actions` that must be explored while faults are left.

        If one attempt has nothing to do but to announce its verdict, its actions are enough, faults
        included: no other call reads what they write. The use of a fault does not matter, as any
        order of the same faults is allowed.
        """
        if not world.may_fail or not _is_quiet(world) or "expire" in world.scenario.fault_kinds:
            return actions
        for number, attempt in enumerate(world.state.attempts):
            pending = world.get_node(attempt).pending.values()
            if all(call.port in _ANNOUNCEMENTS for call in pending):
                return [
                    action
                    for action in actions
                    if action.kind in _ATTEMPT_ACTIONS and action.number == number
                ]
        return actions

    def find_step(self, world: World) -> Action | None:
        """Return a step that is enough to explore; None if there may be none."""
        state, scenario = world.state, world.scenario
        if world.may_fail or state.ticks < scenario.ticks:
            # A fault may hit every call, and every call may read the time.
            return None
        if (step := _find_private_step(world)) is not None:
            return step
        if len(state.attempts) == 1:
            return _find_only_step(world)
        if len(state.attempts) == 2 and _is_quiet(world) and len(scenario.skews_s) == 1:
            return self._find_step_beside(world, 0, 1) or self._find_step_beside(world, 1, 0)
        return None

    def _find_step_beside(self, world: World, number: int, other: int) -> Action | None:
        """Find a step of an attempt that commutes with all that the other attempt may do before.

        Until the step happens, the other one runs alone, but for other strands of the attempt, and
        late requests that land. If these can't affect it, it is known what it reads and writes.
        """
        for strand, footprint, others in _list_steps(world, number):
            if _may_excuse_call(world, number, strand) or not footprint.commutes_with(others):
                continue
            solo = self._solo_runs.find_footprint(world, other)
            if footprint.commutes_with(solo) and not others.may_affect(solo):
                return Action("step", number, strand)
        return None


def _find_private_step(world: World) -> Action | None:
    for number, attempt in enumerate(world.state.attempts):
        for strand, call in list_runnable(world, attempt):
            if call.port in _PRIVATE_PORTS:
                return Action("step", number, strand)
    return None


def _find_only_step(world: World) -> Action | None:
    """Find a step of the only attempt. No call of the ledger reads what uploads write."""
    is_quiet = _is_quiet(world)
    if not is_quiet and _may_be_delivered(world):
        return None
    attempt = world.state.attempts[0]
    for strand, footprint, others in _list_steps(world, 0):
        call = world.get_node(attempt).pending[strand]
        if call.method in DATED and len(world.scenario.skews_s) > 1:
            continue  # Each node's response must be explored.
        if (is_quiet or call.port == "state") and footprint.commutes_with(others):
            return Action("step", 0, strand)
    can_run = any(True for _ in list_runnable(world, attempt))
    return Action("tick") if is_quiet and not can_run and not world.state.late else None


def _list_steps(world: World, number: int) -> list[tuple[str, Footprint, Footprint]]:
    """Return the strands of an attempt that can run, each with what its next call reads and
    writes, and with what the attempt's other strands and late requests read and write."""
    pending = [
        (strand, find_call_footprint(world, call))
        for strand, call in list_runnable(world, world.state.attempts[number])
    ]
    late = NO_FOOTPRINT
    for request in world.state.late:
        late |= find_late_footprint(world, request)
    steps = []
    for strand, footprint in pending:
        others = late
        for sibling, sibling_footprint in pending:
            others |= sibling_footprint if sibling != strand else NO_FOOTPRINT
        steps.append((strand, footprint, others))
    return steps


def _is_quiet(world: World) -> bool:
    """Whether nothing but attempts and late requests changes the world any more."""
    state, scenario = world.state, world.scenario
    return (
        state.uploads == len(scenario.uploads)
        and state.ticks == scenario.ticks
        and not _may_be_delivered(world)
    )


def _may_be_delivered(world: World) -> bool:
    return any(
        delivery.status == "waiting"
        or (delivery.status == "failed" and delivery.attempts <= world.scenario.redeliveries)
        for delivery in world.state.deliveries
    )


def _may_excuse_call(world: World, number: int, strand: str) -> bool:
    """Whether the step may end an attempt whose paid call is not recorded. That would excuse a call
    of the other attempt, which must also be explored before it."""
    attempt = world.state.attempts[number]
    is_unrecorded = attempt.open_call is not None and not attempt.open_call.content_id
    return is_unrecorded and world.get_node(attempt).pending[strand].port != "state"
