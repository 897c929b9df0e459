"""What is of high risk is taken out of reach; nothing is lost on the way, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from facescreen import errors
from facescreen.deepfake.response import Detection
from facescreen.model import Status, Verdict
from tests.support.pictures import noise_picture
from tests.support.quarantine_harness import (
    MOVE_SETTINGS,
    PRIVATE_SETTINGS,
    ProcessKilledError,
    call_before_operation,
    original_exists,
    quarantined_copies,
    raise_killed,
    stop_interrupting,
)
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK

OPERATIONS = range(1, 20)
"""More than one screening has."""
OF_STAND_IN = replace(HIGH_RISK, emulator_name="local stand-in")


def test_a_high_risk_is_moved_with_its_tags_and_ours() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put(tags={"team": "kyc"})
    assert harness.screen(ref).status is Status.SCREENED
    assert not original_exists(harness)
    (moved,) = quarantined_copies(harness)
    assert harness.store.download(replace(moved, etag=ref.etag), convert=False) == PHOTO
    tags = harness.store.tags(moved)
    assert (tags["team"], tags["deepfake-verdict"]) == ("kyc", "high_risk")
    (message,) = harness.published_messages()
    biz_id = message["data"]["merchant_biz_id"]
    assert message["data"]["quarantine"] == {
        "action": "move",
        "status": "moved",
        "detail": "",
        "bucket": "held",
        "key": f"quarantine/selfies/{biz_id}/{PHOTO_REF.key}",
    }
    assert message["data"]["quarantine"]["key"] == moved.key
    (listed,) = harness.history.list_page(limit=9).outcomes
    assert listed["screening"]["quarantine"] == message["data"]["quarantine"]
    assert harness.screen(ref).status is Status.GONE


@pytest.mark.parametrize("settings", [MOVE_SETTINGS, PRIVATE_SETTINGS])
@pytest.mark.parametrize(
    "plan",
    [
        Detection(Verdict.LOW_RISK, (), {}, "R", "T"),
        Detection(Verdict.SUSPICIOUS, ("SuspectPSFace",), {}, "R", "T"),
        Detection(Verdict.FAILED, (), {}, "R", "T"),
        errors.ContentError("no face", code="NoFaceDetected"),
    ],
)
def test_no_other_verdict_moves_anything(plan: Detection | Exception, settings: object) -> None:
    harness = ScreenerHarness(plan, quarantine=settings)  # type: ignore[arg-type]
    assert harness.screen(harness.put()).quarantine is None
    assert original_exists(harness)
    assert harness.store.acl(PHOTO_REF) == "default"
    assert "quarantine" not in harness.published_messages()[0]["data"]


def test_a_stand_ins_verdict_moves_nothing_unless_that_is_what_is_tried() -> None:
    harness = ScreenerHarness(OF_STAND_IN, quarantine=MOVE_SETTINGS)
    harness.screen(harness.put())
    assert original_exists(harness)
    assert harness.published_messages()[0]["data"]["quarantine"]["status"] == "withheld"
    harness = ScreenerHarness(OF_STAND_IN, quarantine=replace(MOVE_SETTINGS, on_stand_in=True))
    harness.screen(harness.put())
    assert not original_exists(harness)
    assert harness.published_messages()[0]["data"]["warnings"][0]["rule"] == "stand-in"


def test_an_object_that_fails_or_is_only_asked_about_stays() -> None:
    harness = ScreenerHarness(errors.AccessDeniedError("no"), HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put()
    with pytest.raises(errors.AccessDeniedError):
        harness.screen(ref)
    harness.screener.mark_failed(ref, errors.AccessDeniedError("no"))
    assert original_exists(harness)
    assert harness.published_messages()[0]["data"]["verdict"] == "failed"


@pytest.mark.parametrize("number", OPERATIONS)
def test_a_process_killed_anywhere_loses_nothing(number: int) -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put(tags={"team": "kyc"})
    seen = call_before_operation(harness.store, number, raise_killed)
    try:
        harness.screen(ref)
    except ProcessKilledError:
        assert original_exists(harness)
        harness.screen(ref)
    else:
        assert len(seen) < number
    stop_interrupting(harness.store)
    assert not original_exists(harness)
    (moved,) = quarantined_copies(harness)
    assert harness.store.tags(moved)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in harness.published_messages()}) == 1
    assert harness.detection_count == 1


def test_a_bus_that_is_down_keeps_the_original_for_the_next_try() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put()
    send = harness.publisher.publish

    def refuse(message: object) -> None:
        harness.publisher.publish = send  # type: ignore[method-assign]
        raise errors.ServiceUnavailableError("MNS can't be reached")

    harness.publisher.publish = refuse  # type: ignore[method-assign]
    with pytest.raises(errors.ServiceUnavailableError):
        harness.screen(ref)
    assert original_exists(harness)
    harness.screen(ref)
    assert not original_exists(harness)
    assert len(harness.published_messages()) == harness.detection_count == 1


@pytest.mark.parametrize("number", OPERATIONS)
@pytest.mark.parametrize("settings", [MOVE_SETTINGS, PRIVATE_SETTINGS])
def test_an_overwrite_anywhere_is_never_deleted(settings: object, number: int) -> None:
    """Save in the one round trip between the last look and the deletion, where OSS has no
    condition to give."""
    harness = ScreenerHarness(HIGH_RISK, quarantine=settings)  # type: ignore[arg-type]
    ref, newer = harness.put(), noise_picture()
    seen = call_before_operation(harness.store, number, lambda: harness.put(newer))
    harness.screen(ref)
    if seen[number - 1 : number] in ([], ["delete"]):
        return
    assert harness.store.download(PHOTO_REF, convert=False) == newer
    assert harness.tags() == {}


def test_the_same_bytes_uploaded_again_are_moved_again_for_free() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    harness.screen(harness.put())
    assert harness.screen(harness.put()).quarantine.status == "moved"
    assert not original_exists(harness)
    assert (len(quarantined_copies(harness)), harness.detection_count) == (1, 1)


def test_what_stands_in_quarantine_is_screened_on_demand_and_stays() -> None:
    harness = ScreenerHarness(HIGH_RISK, HIGH_RISK, quarantine=MOVE_SETTINGS)
    harness.screen(harness.put())
    (moved,) = quarantined_copies(harness)
    assert harness.screen(moved).quarantine is None
    assert quarantined_copies(harness) == [moved]


def test_a_name_that_stores_do_not_take_is_announced_as_refused() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = replace(PHOTO_REF, key="k" * 1000)
    harness.store.put(ref.bucket, ref.key, PHOTO)
    assert harness.screen(ref).status is Status.SCREENED
    said = harness.published_messages()[0]["data"]["quarantine"]
    assert (said["status"], said["bucket"]) == ("refused", None)
    assert "longer than the store allows" in said["detail"]
    assert harness.store.head(ref)


def spoil_bytes(harness: ScreenerHarness, key: str) -> None:
    harness.store.put("held", key, b"cut", harness.tags())


def spoil_tags(harness: ScreenerHarness, key: str) -> None:
    harness.store.put("held", key, PHOTO, {})


def lose(harness: ScreenerHarness, key: str) -> None:
    harness.store.drop("held", key)


@pytest.mark.parametrize("spoil", [spoil_bytes, spoil_tags, lose])
def test_a_copy_that_is_not_the_same_deletes_nothing(
    spoil: Callable[[ScreenerHarness, str], None],
) -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put()

    def after_the_copy(operation: str) -> None:
        for moved in quarantined_copies(harness):
            harness.store.before = lambda operation: None
            spoil(harness, moved.key)

    harness.store.before = after_the_copy
    with pytest.raises(errors.ServiceUnavailableError, match="the copy"):
        harness.screen(ref)
    assert original_exists(harness)
    assert harness.published_messages() == []
    harness.screen(ref)
    assert not original_exists(harness)


def test_a_high_risk_is_made_private() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    ref = harness.put()
    harness.screen(ref)
    assert harness.store.acl(PHOTO_REF) == "private"
    assert harness.tags()["deepfake-verdict"] == "high_risk"
    assert harness.published_messages()[0]["data"]["quarantine"]["status"] == "private"


def test_what_was_overwritten_while_it_was_made_private_is_superseded() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    ref, newer = harness.put(), noise_picture()

    def overwrite(operation: str) -> None:
        if operation == "set_acl":
            harness.put(newer)

    harness.store.before = overwrite
    assert harness.screen(ref).status is Status.SUPERSEDED
    assert harness.published_messages() == []


def test_objects_without_an_access_list_are_announced_as_refused() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    ref = harness.put()

    def refuse(operation: str) -> None:
        if operation == "set_acl":
            raise errors.QuarantineRefusedError(
                "ACLs are off", code="AccessControlListNotSupported"
            )

    harness.store.before = refuse
    harness.screen(ref)
    said = harness.published_messages()[0]["data"]["quarantine"]
    assert (said["action"], said["status"]) == ("private", "refused")
    assert "AccessControlListNotSupported" in said["detail"]
