"""Describes the actions of a schedule for its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interleavings.state import START_S

if TYPE_CHECKING:
    from tests.interleavings.actions import Action
    from tests.interleavings.execution import Call
    from tests.interleavings.world import World


def describe_action(world: World, action: Action) -> str:
    """Describe an action that may happen in this state."""
    state = world.state
    at = f"{state.now - START_S:3} s  "
    skew = f" at the node that is {action.skew_s} s ahead" if action.skew_s else ""
    if action.kind == "upload":
        return f"{at}{world.scenario.uploads[state.uploads]}{skew}"
    if action.kind == "land":
        return f"{at}land {_describe_call(state.late[action.number].call)}"
    if action.kind == "deliver":
        return f"{at}deliver event {action.number} again"
    if action.kind not in ("step", "fail", "lose", "late", "kill"):
        return f"{at}{action.kind}"
    attempt = state.attempts[action.number]
    delivery = state.deliveries[attempt.delivery]
    who = f"{at}event {attempt.delivery}, attempt {delivery.attempts}{action.strand}: "
    if action.kind == "kill":
        return f"{who}killed"
    call = _describe_call(world.get_call(action))
    return who + (call if action.kind == "step" else f"{action.kind} {call}") + skew


def _describe_call(call: Call) -> str:
    text = f"{call.port}.{call.method}"
    if call.method == "append":
        return f"{text} {call.arguments[2].decode().strip():.90}"
    if call.method == "replace_tags":
        return f"{text} {dict(call.arguments[1]).get('deepfake-verdict', 'without a verdict')}"
    return text
