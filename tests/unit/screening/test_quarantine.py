"""Objects of high risk are quarantined, no object is lost on the way, and no other is touched."""

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
"""More store operations than one screening makes."""
EMULATED_HIGH_RISK = replace(HIGH_RISK, emulator_name="local stand-in")


def test_a_high_risk_object_is_moved_with_its_own_tags_and_the_verdict() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put(tags={"team": "kyc"})
    assert harness.screen(ref).status is Status.SCREENED
    assert not original_exists(harness)
    (copy,) = quarantined_copies(harness)
    assert harness.store.download(replace(copy, etag=ref.etag), convert=False) == PHOTO
    tags = harness.store.get_tags(copy)
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
    assert message["data"]["quarantine"]["key"] == copy.key
    (entry,) = harness.history.list_page(limit=9).outcomes
    assert entry["screening"]["quarantine"] == message["data"]["quarantine"]
    assert harness.screen(ref).status is Status.GONE


@pytest.mark.parametrize("settings", [MOVE_SETTINGS, PRIVATE_SETTINGS])
@pytest.mark.parametrize(
    "detection",
    [
        Detection(Verdict.LOW_RISK, (), {}, "R", "T"),
        Detection(Verdict.SUSPICIOUS, ("SuspectPSFace",), {}, "R", "T"),
        Detection(Verdict.FAILED, (), {}, "R", "T"),
        errors.ContentError("no face", code="NoFaceDetected"),
    ],
)
def test_no_other_verdict_is_quarantined(
    detection: Detection | Exception, settings: object
) -> None:
    harness = ScreenerHarness(detection, quarantine=settings)  # type: ignore[arg-type]
    assert harness.screen(harness.put()).quarantine is None
    assert original_exists(harness)
    assert harness.store.get_acl(PHOTO_REF) == "default"
    assert "quarantine" not in harness.published_messages()[0]["data"]


def test_an_emulated_verdict_is_quarantined_only_if_the_setting_says_so() -> None:
    harness = ScreenerHarness(EMULATED_HIGH_RISK, quarantine=MOVE_SETTINGS)
    harness.screen(harness.put())
    assert original_exists(harness)
    assert harness.published_messages()[0]["data"]["quarantine"]["status"] == "withheld"
    harness = ScreenerHarness(
        EMULATED_HIGH_RISK, quarantine=replace(MOVE_SETTINGS, on_emulated=True)
    )
    harness.screen(harness.put())
    assert not original_exists(harness)
    assert harness.published_messages()[0]["data"]["warnings"][0]["rule"] == "stand-in"


def test_an_object_marked_failed_is_not_quarantined() -> None:
    harness = ScreenerHarness(errors.AccessDeniedError("no"), HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put()
    with pytest.raises(errors.AccessDeniedError):
        harness.screen(ref)
    harness.screener.mark_failed(ref, errors.AccessDeniedError("no"))
    assert original_exists(harness)
    assert harness.published_messages()[0]["data"]["verdict"] == "failed"


@pytest.mark.parametrize("number", OPERATIONS)
def test_a_process_killed_at_any_operation_loses_no_object(number: int) -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put(tags={"team": "kyc"})
    operations = call_before_operation(harness.store, number, raise_killed)
    try:
        harness.screen(ref)
    except ProcessKilledError:
        assert original_exists(harness)
        harness.screen(ref)
    else:
        assert len(operations) < number
    stop_interrupting(harness.store)
    assert not original_exists(harness)
    (copy,) = quarantined_copies(harness)
    assert harness.store.get_tags(copy)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in harness.published_messages()}) == 1
    assert harness.detection_count == 1


def test_the_original_is_kept_while_the_message_cannot_be_published() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put()
    publish = harness.publisher.publish

    def refuse(message: object) -> None:
        harness.publisher.publish = publish  # type: ignore[method-assign]
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
def test_an_object_that_overwrites_the_original_is_not_deleted(
    settings: object, number: int
) -> None:
    """Except in the round trip between the last check and the deletion: OSS has no conditional
    deletion."""
    harness = ScreenerHarness(HIGH_RISK, quarantine=settings)  # type: ignore[arg-type]
    ref, newer = harness.put(), noise_picture()
    operations = call_before_operation(harness.store, number, lambda: harness.put(newer))
    harness.screen(ref)
    if operations[number - 1 : number] in ([], ["delete"]):
        return
    assert harness.store.download(PHOTO_REF, convert=False) == newer
    assert harness.tags() == {}


def test_the_same_bytes_uploaded_again_are_moved_without_another_call() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    harness.screen(harness.put())
    assert harness.screen(harness.put()).quarantine.status == "moved"
    assert not original_exists(harness)
    assert (len(quarantined_copies(harness)), harness.detection_count) == (1, 1)


def test_a_quarantined_object_can_be_screened_and_stays_there() -> None:
    harness = ScreenerHarness(HIGH_RISK, HIGH_RISK, quarantine=MOVE_SETTINGS)
    harness.screen(harness.put())
    (copy,) = quarantined_copies(harness)
    assert harness.screen(copy).quarantine is None
    assert quarantined_copies(harness) == [copy]


def test_a_quarantine_key_that_is_too_long_is_published_as_refused() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = replace(PHOTO_REF, key="k" * 1000)
    harness.store.put(ref.bucket, ref.key, PHOTO)
    assert harness.screen(ref).status is Status.SCREENED
    quarantine = harness.published_messages()[0]["data"]["quarantine"]
    assert (quarantine["status"], quarantine["bucket"]) == ("refused", None)
    assert "longer than the store allows" in quarantine["detail"]
    assert harness.store.head(ref)


def replace_bytes(harness: ScreenerHarness, key: str) -> None:
    harness.store.put("held", key, b"cut", harness.tags())


def remove_tags(harness: ScreenerHarness, key: str) -> None:
    harness.store.put("held", key, PHOTO, {})


def delete_copy(harness: ScreenerHarness, key: str) -> None:
    harness.store.remove("held", key)


@pytest.mark.parametrize("damage", [replace_bytes, remove_tags, delete_copy])
def test_the_original_is_not_deleted_if_the_copy_differs(
    damage: Callable[[ScreenerHarness, str], None],
) -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    ref = harness.put()

    def damage_new_copy(operation: str) -> None:
        for copy in quarantined_copies(harness):
            harness.store.before_operation = lambda operation: None
            damage(harness, copy.key)

    harness.store.before_operation = damage_new_copy
    with pytest.raises(errors.ServiceUnavailableError, match="the copy"):
        harness.screen(ref)
    assert original_exists(harness)
    assert harness.published_messages() == []
    harness.screen(ref)
    assert not original_exists(harness)


def test_a_high_risk_object_is_made_private() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    ref = harness.put()
    harness.screen(ref)
    assert harness.store.get_acl(PHOTO_REF) == "private"
    assert harness.tags()["deepfake-verdict"] == "high_risk"
    assert harness.published_messages()[0]["data"]["quarantine"]["status"] == "private"


def test_an_object_overwritten_while_it_is_made_private_is_superseded() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    ref, newer = harness.put(), noise_picture()

    def overwrite(operation: str) -> None:
        if operation == "set_acl":
            harness.put(newer)

    harness.store.before_operation = overwrite
    assert harness.screen(ref).status is Status.SUPERSEDED
    assert harness.published_messages() == []


def test_a_refused_acl_is_published_as_refused() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    ref = harness.put()

    def refuse(operation: str) -> None:
        if operation == "set_acl":
            raise errors.QuarantineRefusedError(
                "ACLs are off", code="AccessControlListNotSupported"
            )

    harness.store.before_operation = refuse
    harness.screen(ref)
    quarantine = harness.published_messages()[0]["data"]["quarantine"]
    assert (quarantine["action"], quarantine["status"]) == ("private", "refused")
    assert "AccessControlListNotSupported" in quarantine["detail"]
