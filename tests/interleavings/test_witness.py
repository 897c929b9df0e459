"""The judge of double pay: which paid calls may be followed by another one."""

from __future__ import annotations

import json

import pytest

from facescreen.model import ObjectRef
from tests.interleavings.actions import Action
from tests.interleavings.invariants import find_double_pay
from tests.interleavings.programs import Programs
from tests.interleavings.scenarios import BAD, GOOD, Scenario, Upload
from tests.interleavings.screening import without_chance
from tests.interleavings.services import BUCKET, KEY
from tests.interleavings.world import World

CONTENT = "ledger/2/content/c1"
FINDING = json.dumps({"finding": {}, "is_proven": False}).encode()
NO_PROOF = json.dumps({"released": "w", "is_proven": False}).encode()
DONE = json.dumps({"done": "c1"}).encode()


@pytest.fixture
def world() -> World:
    """A world with one attempt, which has looked at the object, and an upload that is to come."""
    uploads = (Upload(BAD), Upload(GOOD), Upload(BAD))
    scenario = Scenario("two uploads to come", uploads, (0,))
    programs = Programs(scenario)
    with without_chance():
        created = World(scenario, programs.library, programs.start)
    look(created)
    return created


def look(world: World) -> None:
    world.witness.note_look(0, ObjectRef("oss", BUCKET, KEY).version_id, is_whole=False)


def test_a_second_call_for_the_same_bytes_is_paid_twice(world: World) -> None:
    world.witness.note_call(0, "bad", is_by_url=True)
    world.witness.note_record(0, CONTENT, FINDING)
    world.witness.note_record(0, CONTENT, DONE)
    world.witness.note_call(0, "bad", is_by_url=True)
    assert find_double_pay(world) == "double pay: bad, bad"


def test_a_call_is_excused_if_the_object_changed_since_the_look_before(world: World) -> None:
    world.witness.note_call(0, "bad", is_by_url=True)
    world.witness.note_record(0, CONTENT, FINDING)
    world.witness.note_record(0, CONTENT, DONE)
    world.apply(Action("upload"))
    look(world)
    world.apply(Action("upload"))
    world.witness.note_call(0, "bad", is_by_url=True)
    assert not find_double_pay(world)
    look(world)
    world.witness.note_call(0, "bad", is_by_url=True)
    assert find_double_pay(world) == "double pay: bad, bad, bad"


def test_a_call_without_proof_is_excused_once_the_object_changes(world: World) -> None:
    world.witness.note_call(0, "bad", is_by_url=True)
    world.witness.note_record(0, CONTENT, FINDING)
    world.witness.note_record(0, CONTENT, NO_PROOF)
    world.witness.note_call(0, "bad", is_by_url=False)
    assert find_double_pay(world) == "double pay: bad, bad"
    world.apply(Action("upload"))
    assert not find_double_pay(world)


def test_a_call_is_excused_if_its_worker_is_killed_before_the_record(world: World) -> None:
    world.witness.note_call(0, "bad", is_by_url=False)
    world.apply(Action("kill"))
    assert world.state.truth.excused_calls == ("bad",)


def test_a_call_is_not_excused_if_its_worker_is_killed_after_the_record(world: World) -> None:
    world.witness.note_call(0, "bad", is_by_url=False)
    world.witness.note_record(0, CONTENT, FINDING)
    world.apply(Action("kill"))
    assert world.state.truth.excused_calls == ()


def test_a_call_is_not_excused_if_its_worker_goes_on_without_the_record(world: World) -> None:
    world.witness.note_call(0, "bad", is_by_url=False)
    world.witness.close_call(0, has_failed=False)
    assert world.state.truth.excused_calls == ()
    world.witness.note_call(0, "bad", is_by_url=False)
    assert find_double_pay(world) == "double pay: bad, bad"
