"""What is of high risk is taken out of reach; nothing is lost on the way, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from facescreen import errors
from facescreen.deepfake.response import Detection
from facescreen.model import Status, Verdict
from tests.fakes import HIGH_RISK
from tests.unit.quarantined import MOVE, PRIVATE, Killed, calm, copies, kill, stands, strike
from tests.unit.workbench import PHOTO, REF, Bench, picture

OPERATIONS = range(1, 20)
"""More than one screening has."""
OF_STAND_IN = replace(HIGH_RISK, stand_in="local stand-in")


def test_a_high_risk_is_moved_with_its_tags_and_ours() -> None:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    ref = bench.put(tags={"team": "kyc"})
    assert bench.screen(ref).status is Status.SCREENED
    assert not stands(bench)
    (moved,) = copies(bench)
    assert bench.store.download(replace(moved, etag=ref.etag), convert=False) == PHOTO
    tags = bench.store.tags(moved)
    assert (tags["team"], tags["deepfake-verdict"]) == ("kyc", "high_risk")
    (message,) = bench.sent()
    biz_id = message["data"]["merchant_biz_id"]
    assert message["data"]["quarantine"] == {
        "action": "move",
        "status": "moved",
        "detail": "",
        "bucket": "held",
        "key": f"quarantine/selfies/{biz_id}/{REF.key}",
    }
    assert message["data"]["quarantine"]["key"] == moved.key
    (listed,) = bench.history.page(limit=9).outcomes
    assert listed["screening"]["quarantine"] == message["data"]["quarantine"]
    assert bench.screen(ref).status is Status.GONE


@pytest.mark.parametrize("settings", [MOVE, PRIVATE])
@pytest.mark.parametrize(
    "plan",
    [
        Detection(Verdict.LOW_RISK, (), {}, "R", "T"),
        Detection(Verdict.SUSPICIOUS, ("SuspectPSFace",), {}, "R", "T"),
        Detection(Verdict.FAILED, (), {}, "R", "T"),
        errors.ContentFault("no face", code="NoFaceDetected"),
    ],
)
def test_no_other_verdict_moves_anything(plan: Detection | Exception, settings: object) -> None:
    bench = Bench(plan, quarantine=settings)  # type: ignore[arg-type]
    assert bench.screen(bench.put()).quarantine is None
    assert stands(bench)
    assert bench.store.acl(REF) == "default"
    assert "quarantine" not in bench.sent()[0]["data"]


def test_a_stand_ins_verdict_moves_nothing_unless_that_is_what_is_tried() -> None:
    bench = Bench(OF_STAND_IN, quarantine=MOVE)
    bench.screen(bench.put())
    assert stands(bench)
    assert bench.sent()[0]["data"]["quarantine"]["status"] == "withheld"
    bench = Bench(OF_STAND_IN, quarantine=replace(MOVE, on_stand_in=True))
    bench.screen(bench.put())
    assert not stands(bench)
    assert bench.sent()[0]["data"]["warnings"][0]["rule"] == "stand-in"


def test_an_object_that_fails_or_is_only_asked_about_stays() -> None:
    bench = Bench(errors.AccessRefused("no"), HIGH_RISK, quarantine=MOVE)
    ref = bench.put()
    with pytest.raises(errors.AccessRefused):
        bench.screen(ref)
    bench.screener.give_up(ref, errors.AccessRefused("no"))
    assert stands(bench)
    assert bench.sent()[0]["data"]["verdict"] == "failed"


@pytest.mark.parametrize("number", OPERATIONS)
def test_a_process_killed_anywhere_loses_nothing(number: int) -> None:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    ref = bench.put(tags={"team": "kyc"})
    seen = strike(bench.store, number, kill)
    try:
        bench.screen(ref)
    except Killed:
        assert stands(bench)
        bench.screen(ref)
    else:
        assert len(seen) < number
    calm(bench.store)
    assert not stands(bench)
    (moved,) = copies(bench)
    assert bench.store.tags(moved)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in bench.sent()}) == 1
    assert bench.paid == 1


def test_a_bus_that_is_down_keeps_the_original_for_the_next_try() -> None:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    ref = bench.put()
    send = bench.messages.publish

    def refuse(message: object) -> None:
        bench.messages.publish = send  # type: ignore[method-assign]
        raise errors.Unavailable("MNS can't be reached")

    bench.messages.publish = refuse  # type: ignore[method-assign]
    with pytest.raises(errors.Unavailable):
        bench.screen(ref)
    assert stands(bench)
    bench.screen(ref)
    assert not stands(bench)
    assert len(bench.sent()) == bench.paid == 1


@pytest.mark.parametrize("number", OPERATIONS)
@pytest.mark.parametrize("settings", [MOVE, PRIVATE])
def test_an_overwrite_anywhere_is_never_deleted(settings: object, number: int) -> None:
    """Save in the one round trip between the last look and the deletion, where OSS has no
    condition to give."""
    bench = Bench(HIGH_RISK, quarantine=settings)  # type: ignore[arg-type]
    ref, newer = bench.put(), picture()
    seen = strike(bench.store, number, lambda: bench.put(newer))
    bench.screen(ref)
    if seen[number - 1 : number] in ([], ["delete"]):
        return
    assert bench.store.download(REF, convert=False) == newer
    assert bench.tags() == {}


def test_the_same_bytes_uploaded_again_are_moved_again_for_free() -> None:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    bench.screen(bench.put())
    assert bench.screen(bench.put()).quarantine.status == "moved"
    assert not stands(bench)
    assert (len(copies(bench)), bench.paid) == (1, 1)


def test_what_stands_in_quarantine_is_screened_on_demand_and_stays() -> None:
    bench = Bench(HIGH_RISK, HIGH_RISK, quarantine=MOVE)
    bench.screen(bench.put())
    (moved,) = copies(bench)
    assert bench.screen(moved).quarantine is None
    assert copies(bench) == [moved]


def test_a_name_that_stores_do_not_take_is_announced_as_refused() -> None:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    ref = replace(REF, key="k" * 1000)
    bench.store.put(ref.bucket, ref.key, PHOTO)
    assert bench.screen(ref).status is Status.SCREENED
    said = bench.sent()[0]["data"]["quarantine"]
    assert (said["status"], said["bucket"]) == ("refused", None)
    assert "longer than stores take" in said["detail"]
    assert bench.store.head(ref)


def spoil_bytes(bench: Bench, key: str) -> None:
    bench.store.put("held", key, b"cut", bench.tags())


def spoil_tags(bench: Bench, key: str) -> None:
    bench.store.put("held", key, PHOTO, {})


def lose(bench: Bench, key: str) -> None:
    bench.store.drop("held", key)


@pytest.mark.parametrize("spoil", [spoil_bytes, spoil_tags, lose])
def test_a_copy_that_is_not_the_same_deletes_nothing(spoil: Callable[[Bench, str], None]) -> None:
    bench = Bench(HIGH_RISK, quarantine=MOVE)
    ref = bench.put()

    def after_the_copy(operation: str) -> None:
        for moved in copies(bench):
            bench.store.before = lambda operation: None
            spoil(bench, moved.key)

    bench.store.before = after_the_copy
    with pytest.raises(errors.Unavailable, match="the copy"):
        bench.screen(ref)
    assert stands(bench)
    assert bench.sent() == []
    bench.screen(ref)
    assert not stands(bench)


def test_a_high_risk_is_made_private() -> None:
    bench = Bench(HIGH_RISK, quarantine=PRIVATE)
    ref = bench.put()
    bench.screen(ref)
    assert bench.store.acl(REF) == "private"
    assert bench.tags()["deepfake-verdict"] == "high_risk"
    assert bench.sent()[0]["data"]["quarantine"]["status"] == "private"


def test_what_was_overwritten_while_it_was_made_private_is_superseded() -> None:
    bench = Bench(HIGH_RISK, quarantine=PRIVATE)
    ref, newer = bench.put(), picture()

    def overwrite(operation: str) -> None:
        if operation == "set_acl":
            bench.put(newer)

    bench.store.before = overwrite
    assert bench.screen(ref).status is Status.SUPERSEDED
    assert bench.sent() == []


def test_objects_without_an_access_list_are_announced_as_refused() -> None:
    bench = Bench(HIGH_RISK, quarantine=PRIVATE)
    ref = bench.put()

    def refuse(operation: str) -> None:
        if operation == "set_acl":
            raise errors.QuarantineRefused("ACLs are off", code="AccessControlListNotSupported")

    bench.store.before = refuse
    bench.screen(ref)
    said = bench.sent()[0]["data"]["quarantine"]
    assert (said["action"], said["status"]) == ("private", "refused")
    assert "AccessControlListNotSupported" in said["detail"]
