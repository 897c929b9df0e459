"""The actions: what may happen next in a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interleavings.execution import Call
    from tests.interleavings.state import Attempt
    from tests.interleavings.world import World

FAULTS = frozenset({"fail", "lose", "late", "kill", "expire"})
CHANGES = frozenset(
    {"replace_tags", "set_acl", "copy", "delete", "append", "detect", "publish", "add"}
)
"""Operations that change something."""
DATED = frozenset({"head", "fetch"})
"""Operations whose response depends on the node's clock."""
_DELAYABLE = frozenset({"replace_tags", "append"})


class Action(NamedTuple):
    """What happens next. `kind` is one of:

    ``step``    a call takes effect and its result arrives
    ``fail``    a call fails without an effect
    ``lose``    a call takes effect and its response is lost
    ``late``    a call fails, and takes effect later, when it is to ``land``
    ``kill``    the platform ends an attempt
    ``expire``  so much time passes that all claims expire
    ``deliver`` a failed delivery comes again
    ``upload``, ``tick``
    """

    kind: str
    number: int = 0
    """Of the attempt, the delivery, or the late request."""
    strand: str = ""
    skew_s: int = 0


def list_actions(world: World) -> Iterator[Action]:
    """Yield all that may happen next, without what can't make a difference."""
    yield from list_calm_actions(world)
    if world.may_fail:
        yield from list_faults(world)


def list_calm_actions(world: World) -> Iterator[Action]:
    """Yield all that may happen next, except faults."""
    state, scenario = world.state, world.scenario
    steps = list(_list_steps(world))
    yield from steps
    yield from (Action("land", number) for number in range(len(state.late)))
    for number, delivery in enumerate(state.deliveries):
        if delivery.status == "failed" and delivery.attempts <= scenario.redeliveries:
            yield Action("deliver", number)
    if state.uploads < len(scenario.uploads):
        is_write = scenario.uploads[state.uploads].content is not None
        for skew_s in scenario.skews_s if is_write else (0,):
            yield Action("upload", skew_s=skew_s)
    if state.attempts:
        can_run = bool(steps)
        if not can_run or state.ticks < scenario.ticks:
            yield Action("tick")


def list_faults(world: World) -> Iterator[Action]:
    """Yield the faults that may happen next."""
    kinds = world.scenario.fault_kinds
    for number, attempt in enumerate(world.state.attempts):
        if _must_wait_for_twin(world, number):
            continue
        for strand, call in list_runnable(world, attempt):
            yield from _list_call_faults(kinds, number, strand, call)
        # A process that is killed after a mere look leaves nothing else behind than one that
        # is killed before it.
        if attempt.has_just_changed and "kill" in kinds:
            yield Action("kill", number)
    if "expire" in kinds and _has_rivals(world):
        yield Action("expire")


def list_runnable(world: World, attempt: Attempt) -> Iterator[tuple[str, Call]]:
    """Yield the strands that don't sleep, with their next calls."""
    for strand, call in world.get_node(attempt).pending.items():
        if call.port != "clock" or dict(attempt.wakes_at)[strand] <= world.state.now:
            yield strand, call


def _list_steps(world: World) -> Iterator[Action]:
    for number, attempt in enumerate(world.state.attempts):
        if not _must_wait_for_twin(world, number):
            for strand, call in list_runnable(world, attempt):
                for skew_s in world.scenario.skews_s if call.method in DATED else (0,):
                    yield Action("step", number, strand, skew_s)


def _list_call_faults(
    kinds: tuple[str, ...], number: int, strand: str, call: Call
) -> Iterator[Action]:
    if call.port == "clock":
        return
    if "fail" in kinds:
        yield Action("fail", number, strand)
    if call.method in CHANGES and "lose" in kinds:
        yield Action("lose", number, strand)
    if call.method in _DELAYABLE and "late" in kinds:
        yield Action("late", number, strand)


def _has_rivals(world: World) -> bool:
    """Whether an attempt may take over what another one has just begun."""
    attempts = world.state.attempts
    return len(attempts) > 1 and any(attempt.has_just_changed for attempt in attempts)


def _must_wait_for_twin(world: World, number: int) -> bool:
    """Whether another delivery of the same event starts first: it does not matter which."""
    state = world.state
    if number == 0 or not state.attempts[number].is_new:
        return False
    twin, attempt = state.attempts[number - 1 : number + 1]
    are_equal = state.deliveries[twin.delivery] == state.deliveries[attempt.delivery]
    return (
        twin.is_new
        and are_equal
        and twin._replace(node=0, delivery=0) == attempt._replace(node=0, delivery=0)
    )
