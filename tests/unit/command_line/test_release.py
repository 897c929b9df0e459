"""The way back out of quarantine: to the same place, for free, for good, and over nobody else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from facescreen.errors import ObjectChanged, Unavailable
from facescreen.model import ObjectHead, Status
from facescreen.screening.quarantine import Records
from facescreen_cli.commands.release.releasing import NotReleased, Releasing, Return
from tests.fakes import HIGH_RISK
from tests.unit.quarantined import MOVE, PRIVATE, Killed, calm, copies, kill, stands, strike
from tests.unit.workbench import PHOTO, REF, Bench, picture

OPERATIONS = range(1, 16)
"""More than one release has."""


def moved(*, in_parts: bool = False) -> tuple[Bench, Releasing]:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    etag = bench.store.put(REF.bucket, REF.key, PHOTO, {"team": "kyc"}, in_parts=in_parts)
    bench.screen(replace(REF, etag=etag))
    return bench, Releasing(bench.store, Records(bench.ledger), MOVE)


def made_private() -> tuple[Bench, Releasing]:
    bench = Bench(HIGH_RISK, quarantine=PRIVATE)
    bench.put()
    bench.store.set_acl(REF, "public-read")
    bench.screen(REF)
    return bench, Releasing(bench.store, Records(bench.ledger), PRIVATE)


def release(bench: Bench, releasing: Releasing) -> None:
    releasing.carry_out(releasing.plan(copies(bench)[0]))


@pytest.mark.parametrize("in_parts", [False, True])
def test_what_was_moved_comes_back_and_its_event_costs_nothing(in_parts: bool) -> None:
    bench, releasing = moved(in_parts=in_parts)
    release(bench, releasing)
    assert copies(bench) == []
    assert bench.store.download(REF, convert=False) == PHOTO
    assert bench.tags()["team"] == "kyc"
    came = bench.screen(replace(REF, etag=bench.store.head(REF).etag))
    assert (came.status, came.quarantine.status) == (Status.SCREENED, "released")
    assert stands(bench)
    assert bench.tags()["deepfake-verdict"] == "high_risk"
    first, second = bench.sent()
    assert first["id"] != second["id"]
    assert bench.paid == 1
    assert bench.screen(REF).status is Status.ALREADY_SCREENED


def test_an_event_that_is_quicker_than_the_release_moves_nothing_either() -> None:
    bench, releasing = moved()
    quick = []

    def come_at_once(operation: str) -> None:
        if stands(bench):
            calm(bench.store)
            quick.append(bench.screen(REF).quarantine.status)

    bench.store.before = come_at_once
    release(bench, releasing)
    assert quick == ["released"]
    assert stands(bench)


def test_planning_changes_nothing() -> None:
    bench, releasing = moved()
    before = copies(bench)
    plan = releasing.plan(before[0])
    assert isinstance(plan, Return)
    assert plan.origin.uri == REF.uri
    assert copies(bench) == before
    assert not stands(bench)


def test_a_newer_object_is_not_overwritten() -> None:
    bench, releasing = moved()
    newer = picture()
    bench.put(newer)
    with pytest.raises(NotReleased, match="another object stands at oss://selfies/kyc/"):
        release(bench, releasing)
    assert bench.store.download(REF, convert=False) == newer
    assert len(copies(bench)) == 1


@pytest.mark.parametrize("number", OPERATIONS)
def test_an_upload_at_any_moment_of_the_release_stays(number: int) -> None:
    bench, releasing = moved()
    newer = picture()
    etag = bench.store.head(copies(bench)[0]).etag
    seen = strike(bench.store, number, lambda: bench.put(newer))
    with suppress(NotReleased, ObjectChanged, Unavailable):
        release(bench, releasing)
    if len(seen) >= number:
        assert bench.store.head(REF).etag != etag


@pytest.mark.parametrize("number", OPERATIONS)
def test_a_release_killed_anywhere_is_finished_by_the_next(number: int) -> None:
    bench, releasing = moved()
    held = copies(bench)[0]
    strike(bench.store, number, kill)
    try:
        release(bench, releasing)
    except Killed:
        calm(bench.store)
        assert stands(bench) or copies(bench)
        if copies(bench):
            releasing.carry_out(releasing.plan(held))
    calm(bench.store)
    assert copies(bench) == []
    assert bench.screen(REF).quarantine.status == "released"
    assert bench.paid == 1


def test_what_is_not_there_is_named() -> None:
    bench, releasing = moved()
    held = copies(bench)[0]
    releasing.carry_out(releasing.plan(held))
    with pytest.raises(NotReleased, match="released already"):
        releasing.plan(held)
    with pytest.raises(NotReleased, match="were not made private"):
        releasing.plan(REF)


def test_an_older_version_below_it_is_no_hindrance_and_a_newer_one_is() -> None:
    bench, releasing = moved()
    held, there = copies(bench)[0], ObjectHead("E", 9, "", "v1")
    head = replace(bench.store.head(held), last_modified="Mon, 23 Nov 2026 04:05:06 GMT")

    def with_below(last_modified: str) -> Releasing:
        heads = {held: head, REF: replace(there, last_modified=last_modified)}
        store = bench.store
        store.head = lambda ref: heads[replace(ref, size=None)]  # type: ignore[method-assign]
        return releasing

    assert with_below("Mon, 23 Nov 2026 04:05:05 GMT").plan(held)
    with pytest.raises(NotReleased):
        with_below("2026-11-23T04:05:06+00:00").plan(held)


def test_what_was_made_private_gets_its_access_list_back_for_good() -> None:
    bench, releasing = made_private()
    bench.screen(REF)
    assert bench.store.acl(REF) == "private"
    releasing.carry_out(releasing.plan(REF))
    assert bench.store.acl(REF) == "public-read"
    again = bench.put()
    assert bench.screen(again).quarantine.status == "released"
    assert bench.store.acl(REF) == "default"


def test_a_second_delivery_does_not_take_private_for_what_it_was() -> None:
    bench = Bench(HIGH_RISK, quarantine=PRIVATE)
    bench.put()

    def kill_once_set(operation: str) -> None:
        if bench.store.acl_of(REF) == "private":
            raise Killed

    bench.store.before = kill_once_set
    with pytest.raises(Killed):
        bench.screen(REF)
    calm(bench.store)
    bench.screen(REF)
    releasing = Releasing(bench.store, Records(bench.ledger), PRIVATE)
    releasing.carry_out(releasing.plan(REF))
    assert bench.store.acl(REF) == "default"


def test_access_that_was_set_on_other_bytes_is_said() -> None:
    bench, releasing = made_private()
    plan = releasing.plan(REF)
    strike(bench.store, 2, lambda: bench.put(picture()))
    with pytest.raises(NotReleased, match="look at its access list"):
        releasing.carry_out(plan)
