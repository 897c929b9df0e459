"""Footprints: what an attempt would read and write if it ran alone to its end.

Two calls commute if neither writes what the other one reads or writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.interleavings.actions import Action, list_runnable

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tests.interleavings.execution import Call
    from tests.interleavings.state import LateRequest
    from tests.interleavings.world import World

_JUDGEMENT = "judgement"
"""Which bytes the service has judged. The invariants compare tags and messages with it."""


@dataclass(frozen=True)
class Footprint:
    """What some calls read and write: keys of the ledger, the tags of a write, whose tags a write
    has, and the judgement."""

    reads: frozenset[Hashable] = frozenset()
    writes: frozenset[Hashable] = frozenset()

    def __or__(self, other: Footprint) -> Footprint:
        return Footprint(self.reads | other.reads, self.writes | other.writes)

    def may_affect(self, other: Footprint) -> bool:
        """Whether these calls write what others read or write."""
        return not self.writes.isdisjoint(other.reads | other.writes)

    def commutes_with(self, other: Footprint) -> bool:
        return not self.may_affect(other) and not other.may_affect(self)


NO_FOOTPRINT = Footprint()


def find_call_footprint(world: World, call: Call) -> Footprint:
    """Return what a call reads and writes in this state."""
    arguments = call.arguments
    if call.port == "state":
        key = frozenset([arguments[0]])
        is_write = call.method == "append" and world.services.can_append(call)
        return Footprint(writes=key) if is_write else Footprint(reads=key)
    if call.port == "service":
        return Footprint(writes=frozenset([_JUDGEMENT]))
    if call.port == "publisher":
        return Footprint(reads=frozenset([_JUDGEMENT]))
    if call.port != "store" or call.method == "list_versions":
        return NO_FOOTPRINT
    write = world.witness.find_write(arguments[0].version_id)
    if call.method != "replace_tags":
        return Footprint(reads=frozenset([("tags", write)]))
    writes = {("tagger", write)}
    if dict(arguments[1]) != world.services.store.peek_tags(arguments[0]):
        writes.add(("tags", write))
    return Footprint(frozenset([_JUDGEMENT]), frozenset(writes))


def find_late_footprint(world: World, request: LateRequest) -> Footprint:
    """Return what a late request reads and writes when it lands."""
    return find_call_footprint(world, request.call)


def find_closing_footprint(world: World, number: int) -> Footprint:
    """Return what matters at the end of an attempt, which closes the window of its tags."""
    delivery = world.state.attempts[number].delivery
    tagged_by = world.state.truth.tagged_by
    windows = [n for n, tagging in enumerate(tagged_by) if tagging and tagging.delivery == delivery]
    if not windows:
        return NO_FOOTPRINT
    return Footprint(frozenset([_JUDGEMENT, *(("tagger", number) for number in windows)]))


class SoloRuns:
    """Runs attempts alone, and remembers what they read and wrote."""

    def __init__(self) -> None:
        self._known: dict[Hashable, dict[tuple[Hashable, ...], _KnownRuns]] = {}

    def find_footprint(self, world: World, number: int) -> Footprint:
        """Return what an attempt reads and writes if no other one takes a step: up to its end, or
        until it sleeps, as no time passes while another one can run."""
        attempt = world.state.attempts[number]
        start = attempt.node, attempt.wakes_at, world.state.now
        known = self._known.setdefault(start, {})
        for resources, runs in known.items():
            footprint = runs.get(_read(world, resources))
            if footprint is not None:
                return footprint | find_closing_footprint(world, number)
        saved = world.save()
        footprint = _run_alone(world, attempt.delivery)
        world.load(saved)
        resources = tuple(sorted((footprint.reads | footprint.writes), key=str))
        known.setdefault(resources, {})[_read(world, resources)] = footprint
        return footprint | find_closing_footprint(world, number)


_KnownRuns = dict[tuple[Any, ...], Footprint]
"""Footprints by the values of what the run read and wrote when it began. While these are the same,
so are all results that the attempt gets, and so is all that it does."""


def _read(world: World, resources: tuple[Hashable, ...]) -> tuple[Any, ...]:
    services = world.services
    keys = (each for each in resources if isinstance(each, str) and each != _JUDGEMENT)
    entries = map(services.records.read, keys)
    return (world.state.truth.writes, services.store.snapshot(), *entries)


def _run_alone(world: World, delivery: int) -> Footprint:
    footprint = NO_FOOTPRINT
    while (number := _find_attempt(world, delivery)) is not None:
        attempt = world.state.attempts[number]
        strand, call = next(list_runnable(world, attempt), (None, None))
        if strand is None or call is None:
            break
        footprint |= find_call_footprint(world, call)
        world.apply(Action("step", number, strand))
    return footprint


def _find_attempt(world: World, delivery: int) -> int | None:
    attempts = enumerate(world.state.attempts)
    return next((number for number, each in attempts if each.delivery == delivery), None)
