"""What must hold in every state, and what must hold at the end. Each returns a violation or ''."""

from __future__ import annotations

from functools import lru_cache

from facescreen.model import ObjectRef, Verdict
from facescreen.tags import read_tagged_verdict
from tests.interleavings.services import BUCKET, KEY
from tests.interleavings.world import World


def find_false_clean(world: World) -> str:
    """Anyone who reads an object whose tag says low_risk reads bytes that the service judged low
    risk. In an unversioned bucket there is one window: from the last look before the tagging
    request until the look after it."""
    truth = world.state.truth
    numbers = range(len(truth.writes)) if world.scenario.is_versioned else [len(truth.writes) - 1]
    for number in numbers:
        tagging = truth.tagged_by[number]
        if tagging is None or _read_verdict(world, number) is not Verdict.LOW_RISK:
            continue
        is_in_window = (
            0 <= tagging.seen < number and world.state.deliveries[tagging.delivery].has_open_window
        )
        if not world.witness.is_judged_low(number) and not is_in_window:
            return f"false clean: {truth.writes[number].label} has low_risk"
    return ""


def find_false_message(world: World) -> str:
    """No message says low_risk if the look after the tagging request shows other bytes."""
    return world.state.truth.false_message and f"false message: {world.state.truth.false_message}"


def find_double_pay(world: World) -> str:
    """There is one paid call per bytes. Only after a call whose end could not be recorded, or whose
    bytes could not be proven because the object has changed, there may be another one."""
    state = world.state
    paid = state.truth.paid_calls
    if len(set(paid)) == len(paid):
        return ""
    excused = list(state.truth.excused_calls)
    open_calls = (attempt.open_call for attempt in state.attempts if attempt.open_call)
    excused += [call.label for call in open_calls if call.has_changed]
    is_paid_twice = any(paid.count(label) - excused.count(label) > 1 for label in set(paid))
    return f"double pay: {', '.join(paid)}" if is_paid_twice else ""


def find_lost_verdict(world: World) -> str:
    """At the end every object has the right tags and a message. Of versions with the same ETag only
    the newest counts, because an event may name no version."""
    writes = world.state.truth.writes
    last_by_etag = {write.etag: number for number, write in enumerate(writes)}
    numbers = last_by_etag.values() if world.scenario.is_versioned else [len(writes) - 1]
    for number in numbers:
        verdict = _get_expected_verdict(world, writes[number].label)
        if _read_verdict(world, number) is not verdict:
            return f"lost verdict: {writes[number].label} has {_read_verdict(world, number)}"
        if not _has_message(world, number):
            return f"lost message: {writes[number].label}"
    return ""


def find_violation(world: World) -> str:
    """Return the first promise that is broken in this state."""
    return find_false_clean(world) or find_false_message(world) or find_double_pay(world)


def _get_expected_verdict(world: World, label: str) -> Verdict:
    return world.contents[label].verdict


def _read_verdict(world: World, number: int) -> Verdict | None:
    ref = ObjectRef("oss", BUCKET, KEY, version_id=world.state.truth.writes[number].version_id)
    return _parse_verdict(tuple(world.services.store.peek_tags(ref).items()))


@lru_cache(maxsize=1000)
def _parse_verdict(tags: tuple[tuple[str, str], ...]) -> Verdict | None:
    tagged = read_tagged_verdict(dict(tags), prefix="deepfake-", form="separate")
    return tagged.verdict if tagged else None


def _has_message(world: World, number: int) -> bool:
    """Writes of the same bytes within one second may share a message."""
    writes = world.state.truth.writes
    write = writes[number]
    verdict = _get_expected_verdict(world, write.label)
    return any(
        (message.etag, message.verdict) == (write.etag, verdict)
        and (
            message.seen >= number
            or (writes[message.seen].etag, writes[message.seen].second)
            == (write.etag, write.second)
        )
        for message in world.state.truth.messages
    )


def has_current_verdict(world: World) -> bool:
    """Whether a sweep finds a verdict on the current object."""
    write = world.state.truth.writes[-1]
    ref = ObjectRef("oss", BUCKET, KEY)
    tagged = read_tagged_verdict(
        world.services.store.peek_tags(ref), prefix="deepfake-", form="separate"
    )
    return tagged is not None and tagged.etag == write.etag
