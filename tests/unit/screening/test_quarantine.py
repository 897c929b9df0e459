"""Objects of high risk are quarantined, no object is lost on the way, and no other is touched."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from facescreen import errors
from facescreen.deepfake.response import Detection
from facescreen.model import ObjectRef, Outcome, QuarantineResult, Status, Verdict
from facescreen.records.ledger import Ledger
from facescreen.screening.quarantine import QuarantineRecords
from facescreen.settings.table import QuarantineSettings
from facescreen.testing.state_store import MemoryStateStore
from tests.support.collision import COLLIDING_JPEGS
from tests.support.pictures import noise_picture
from tests.support.quarantine_harness import (
    BUCKETS,
    MOVE_SETTINGS,
    PRIVATE_SETTINGS,
    ProcessKilledError,
    call_before_operation,
    create_harness,
    keeps_original,
    kill_before_operation,
    original_exists,
    quarantined_copies,
    restart,
    stop_interrupting,
)
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK

EMULATED_HIGH_RISK = replace(HIGH_RISK, emulator_name="local stand-in")
NEWER = noise_picture()


def get_quarantine(outcome: Outcome) -> QuarantineResult:
    assert outcome.quarantine is not None
    return outcome.quarantine


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_high_risk_object_is_moved_with_its_own_tags_and_the_verdict(bucket: str) -> None:
    harness = create_harness(bucket, HIGH_RISK)
    ref = harness.put(tags={"team": "kyc"})
    assert harness.screen(ref).status is Status.SCREENED
    (copy,) = quarantined_copies(harness)
    assert harness.store.peek_data(copy) == PHOTO
    tags = harness.store.peek_tags(copy)
    assert (tags["team"], tags["deepfake-verdict"]) == ("kyc", "high_risk")
    (message,) = harness.published_messages()
    biz_id = message["data"]["merchant_biz_id"]
    detail = "The original is private, not deleted: its bucket has no versions."
    assert message["data"]["quarantine"] == {
        "action": "move",
        "status": "private" if keeps_original(bucket) else "moved",
        "detail": detail if keeps_original(bucket) else "",
        "bucket": "held",
        "key": f"quarantine/selfies/{biz_id}/{PHOTO_REF.key}",
    }
    assert message["data"]["quarantine"]["key"] == copy.key
    (entry,) = harness.history.list_page(limit=9).outcomes
    assert entry["screening"]["quarantine"] == message["data"]["quarantine"]
    assert original_exists(harness) == keeps_original(bucket)
    if keeps_original(bucket):
        assert harness.store.peek_acl(PHOTO_REF) == "private"
        assert harness.screen(ref).status is Status.ALREADY_SCREENED
    else:
        assert harness.screen(ref).status is Status.GONE
    assert harness.detection_count == len(harness.published_messages()) == 1


def test_a_move_does_not_wait_until_the_revision_of_the_copy_has_settled() -> None:
    """Only the functions write there, and the same bytes each time."""
    harness = create_harness("s3", HIGH_RISK)
    ref = harness.put()
    harness.clock.sleep(60)
    started_at = harness.clock.now
    assert get_quarantine(harness.screen(ref)).status == "moved"
    assert harness.clock.now == started_at


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
    detection: Detection | Exception, settings: QuarantineSettings
) -> None:
    harness = create_harness("s3", detection, settings=settings)
    assert harness.screen(harness.put()).quarantine is None
    assert original_exists(harness)
    assert quarantined_copies(harness) == []
    assert harness.store.peek_acl(PHOTO_REF) == "default"
    assert "quarantine" not in harness.published_messages()[0]["data"]


def test_an_emulated_verdict_is_quarantined_only_if_the_setting_says_so() -> None:
    harness = create_harness("s3", EMULATED_HIGH_RISK)
    harness.screen(harness.put())
    assert original_exists(harness)
    assert harness.published_messages()[0]["data"]["quarantine"]["status"] == "withheld"
    harness = create_harness(
        "s3", EMULATED_HIGH_RISK, settings=replace(MOVE_SETTINGS, on_emulated=True)
    )
    harness.screen(harness.put())
    assert not original_exists(harness)
    assert harness.published_messages()[0]["data"]["warnings"][0]["rule"] == "stand-in"


def test_an_object_marked_failed_is_not_quarantined() -> None:
    harness = create_harness("s3", errors.AccessDeniedError("no"), HIGH_RISK)
    ref = harness.put()
    with pytest.raises(errors.AccessDeniedError):
        harness.screen(ref)
    harness.screener.mark_failed(ref, errors.AccessDeniedError("no"), harness.create_deadline())
    assert original_exists(harness)
    assert quarantined_copies(harness) == []
    assert harness.published_messages()[0]["data"]["verdict"] == "failed"


# Kills and failures.


@pytest.mark.parametrize("settings", [MOVE_SETTINGS, PRIVATE_SETTINGS])
@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_process_killed_at_any_operation_loses_no_object(
    bucket: str, settings: QuarantineSettings
) -> None:
    for harness, ref in interrupt_each_operation(bucket, settings, kill_before_operation):
        try:
            harness.screen(ref)
        except ProcessKilledError:
            restart(harness)
            calls = harness.detection_count + (0 if has_finding(harness) else 1)
            harness.screen(ref)
            assert harness.detection_count == calls
        assert_quarantined_once(harness, bucket, settings)


def interrupt_each_operation(
    bucket: str,
    settings: QuarantineSettings,
    interrupt: Callable[[ScreenerHarness, int], list[str]],
) -> Iterator[tuple[ScreenerHarness, ObjectRef]]:
    """Yield a harness and an upload for each operation of a screening. `interrupt` gets the number
    of the operation, and returns the list to which it adds the operations. The last screening is
    not interrupted."""
    for number in itertools.count(1):
        harness = create_harness(bucket, HIGH_RISK, HIGH_RISK, settings=settings)
        ref = harness.put(tags={"team": "kyc"})
        operations = interrupt(harness, number)
        yield harness, ref
        if len(operations) < number:
            return


def has_finding(harness: ScreenerHarness) -> bool:
    """Whether the finding that was paid for is in the ledger."""
    entries = map(harness.state.read, harness.state.list_keys("ledger/2/content/", ""))
    return any(b'"finding"' in entry for entry in entries)


def assert_quarantined_once(
    harness: ScreenerHarness, bucket: str, settings: QuarantineSettings
) -> None:
    is_kept = settings is PRIVATE_SETTINGS or keeps_original(bucket)
    assert original_exists(harness) == is_kept
    if is_kept:
        assert harness.store.peek_acl(PHOTO_REF) == "private"
        assert harness.tags()["deepfake-verdict"] == "high_risk"
    if settings is MOVE_SETTINGS:
        (copy,) = quarantined_copies(harness)
        assert harness.store.peek_tags(copy)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in harness.published_messages()}) == 1


@pytest.mark.parametrize("settings", [MOVE_SETTINGS, PRIVATE_SETTINGS])
@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_lost_answer_of_any_request_is_neither_a_second_call_nor_a_second_message(
    bucket: str, settings: QuarantineSettings
) -> None:
    for harness, ref in interrupt_each_operation(bucket, settings, lose_answer):
        with suppress(errors.ServiceUnavailableError):
            harness.screen(ref)
        for service in (harness.store, harness.state, harness.publisher):
            service.after_operation = lambda operation: None
        harness.screen(ref)
        assert_quarantined_once(harness, bucket, settings)
        assert harness.detection_count == 1


def lose_answer(harness: ScreenerHarness, number: int) -> list[str]:
    """Lose the answer to the `number`-th operation on a store or the bus, which is carried out.
    Returns a list to which the name of each operation is added."""
    operations: list[str] = []

    def after(operation: str) -> None:
        operations.append(operation)
        if len(operations) == number:
            raise errors.ServiceUnavailableError("the answer was lost")

    for service in (harness.store, harness.state, harness.publisher):
        service.after_operation = after
    return operations


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_original_is_kept_while_the_message_cannot_be_published(bucket: str) -> None:
    harness = create_harness(bucket, HIGH_RISK)
    ref = harness.put()

    def refuse(_: str) -> None:
        raise errors.ServiceUnavailableError("MNS can't be reached")

    harness.publisher.before_operation = refuse
    with pytest.raises(errors.ServiceUnavailableError):
        harness.screen(ref)
    assert original_exists(harness)
    harness.publisher.before_operation = lambda _: None
    harness.screen(ref)
    assert_quarantined_once(harness, bucket, MOVE_SETTINGS)
    assert harness.detection_count == 1


# Overwrites.


@pytest.mark.parametrize("settings", [MOVE_SETTINGS, PRIVATE_SETTINGS])
@pytest.mark.parametrize("bucket", BUCKETS)
def test_an_object_that_overwrites_the_original_is_neither_deleted_nor_given_its_verdict(
    bucket: str, settings: QuarantineSettings
) -> None:
    number = 1
    while overwrite_before_operation(number, bucket, settings):
        number += 1
    assert number > 5


def overwrite_before_operation(number: int, bucket: str, settings: QuarantineSettings) -> bool:
    """Returns whether there are that many operations."""
    harness = create_harness(bucket, settings=settings, flagged=(PHOTO,))
    events = [harness.put()]
    operations = call_before_operation(
        harness.store, number, lambda: events.append(harness.put(NEWER))
    )
    harness.screen(events[0])
    stop_interrupting(harness.store)
    if len(operations) < number:
        return False
    assert harness.store.peek_data(PHOTO_REF) == NEWER
    assert harness.tags().get("deepfake-verdict") in (None, "low_risk")
    harness.screen(events[1])
    assert harness.store.peek_data(PHOTO_REF) == NEWER
    assert harness.tags()["deepfake-verdict"] == "low_risk"
    return True


def test_a_retake_that_is_uploaded_during_a_slow_deletion_is_kept() -> None:
    """The request is carried out when its client has given up, and the retake was uploaded."""
    harness = create_harness("s3", flagged=(PHOTO,))
    ref = harness.put()
    harness.store.hold_next("delete")
    with pytest.raises(errors.ServiceUnavailableError):
        harness.screen(ref)
    retake = harness.put(NEWER)
    harness.store.land_held()
    harness.screen(retake)
    assert harness.store.peek_data(PHOTO_REF) == NEWER


def test_an_older_version_becomes_current_when_a_newer_one_is_moved() -> None:
    harness = create_harness("oss versioned", flagged=(PHOTO,))
    harness.screen(harness.put(NEWER))
    harness.screen(harness.put())
    assert harness.store.peek_data(PHOTO_REF) == NEWER
    assert harness.tags()["deepfake-verdict"] == "low_risk"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_same_bytes_uploaded_again_are_moved_without_another_call(bucket: str) -> None:
    harness = create_harness(bucket, HIGH_RISK)
    statuses = [get_quarantine(harness.screen(harness.put())).status for _ in range(2)]
    assert statuses == (["private"] * 2 if keeps_original(bucket) else ["moved"] * 2)
    assert harness.detection_count == 1
    assert len(quarantined_copies(harness)) == 1
    first, second = harness.published_messages()
    assert first["id"] != second["id"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_quarantined_object_can_be_screened_and_stays_there(bucket: str) -> None:
    harness = create_harness(bucket, HIGH_RISK)
    harness.screen(harness.put())
    (copy,) = quarantined_copies(harness)
    assert harness.screen(copy).quarantine is None
    assert quarantined_copies(harness) == [copy]
    assert harness.store.peek_acl(copy) == "default"
    assert harness.detection_count == 1


def test_a_quarantine_key_that_is_too_long_is_published_as_refused() -> None:
    harness = create_harness("s3", HIGH_RISK)
    ref = replace(PHOTO_REF, key="k" * 1000)
    harness.store.put(ref.bucket, ref.key, PHOTO)
    assert harness.screen(ref).status is Status.SCREENED
    quarantine = harness.published_messages()[0]["data"]["quarantine"]
    assert (quarantine["status"], quarantine["bucket"]) == ("refused", None)
    assert "longer than the store allows" in quarantine["detail"]
    assert harness.store.exists(ref.bucket, ref.key)


def replace_bytes(harness: ScreenerHarness, key: str) -> None:
    harness.store.put("held", key, b"cut", harness.tags())


def replace_with_collision(harness: ScreenerHarness, key: str) -> None:
    """The copy has the same ETag, size and CRC."""
    harness.store.put("held", key, COLLIDING_JPEGS[1], harness.tags())


def remove_tags(harness: ScreenerHarness, key: str) -> None:
    harness.store.put_tags("held", key, {})


def delete_copy(harness: ScreenerHarness, key: str) -> None:
    harness.store.remove("held", key)


@pytest.mark.parametrize(
    "damage", [replace_bytes, replace_with_collision, remove_tags, delete_copy]
)
def test_the_original_is_not_deleted_if_the_copy_differs(
    damage: Callable[[ScreenerHarness, str], None],
) -> None:
    harness = create_harness("s3", HIGH_RISK)
    ref = harness.put(COLLIDING_JPEGS[0])

    def damage_new_copy(operation: str) -> None:
        for copy in quarantined_copies(harness):
            stop_interrupting(harness.store)
            damage(harness, copy.key)

    harness.store.before_operation = damage_new_copy
    with pytest.raises(errors.ServiceUnavailableError, match="the copy"):
        harness.screen(ref)
    assert original_exists(harness)
    assert harness.published_messages() == []
    harness.screen(ref)
    assert not original_exists(harness)


# Private objects.


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_high_risk_object_is_made_private(bucket: str) -> None:
    harness = create_harness(bucket, HIGH_RISK, settings=PRIVATE_SETTINGS)
    ref = harness.put()
    outcome = harness.screen(ref)
    assert get_quarantine(outcome) == QuarantineResult("private", "private")
    assert harness.store.peek_acl(PHOTO_REF) == "private"
    assert harness.tags()["deepfake-verdict"] == "high_risk"
    assert harness.published_messages()[0]["data"]["quarantine"]["status"] == "private"
    assert harness.screen(ref).status is Status.ALREADY_SCREENED
    assert harness.detection_count == len(harness.published_messages()) == 1


def test_an_object_overwritten_while_it_is_made_private_is_superseded() -> None:
    harness = create_harness("oss", HIGH_RISK, settings=PRIVATE_SETTINGS)
    ref = harness.put()

    def overwrite(operation: str) -> None:
        if operation == "set_acl":
            harness.put(NEWER)

    harness.store.before_operation = overwrite
    assert harness.screen(ref).status is Status.SUPERSEDED
    assert harness.published_messages() == []


def test_a_refused_acl_is_published_as_refused() -> None:
    harness = create_harness("oss", HIGH_RISK, settings=PRIVATE_SETTINGS)
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


# Records.


def test_a_release_is_for_these_bytes_under_this_key() -> None:
    released, colliding = COLLIDING_JPEGS
    harness = create_harness("s3", flagged=COLLIDING_JPEGS)
    ref = harness.put(released)
    records = QuarantineRecords(harness.ledger)
    pinned = harness.pinner.pin(ref, harness.create_deadline())
    records.record_release(ref, pinned.sha256)
    assert get_quarantine(harness.screen(ref)).status == "released"
    assert original_exists(harness)

    assert get_quarantine(harness.screen(harness.put(colliding))).status == "moved"
    other_ref = replace(PHOTO_REF, key="other.jpg")
    harness.store.put(other_ref.bucket, other_ref.key, released)
    assert get_quarantine(harness.screen(other_ref)).status == "moved"


def test_a_previous_acl_and_a_release_outlive_the_ledger() -> None:
    """The templates delete what is under ledger/ after LedgerDays, and not what is quarantined."""
    harness = ScreenerHarness()
    records = QuarantineRecords(harness.ledger)
    records.save_acl(PHOTO_REF, "ab" * 32, "public-read")
    records.record_release(PHOTO_REF, "ab" * 32)
    later_records = QuarantineRecords(Ledger(copy_without(harness.state, "ledger/")))
    assert later_records.get_acl(PHOTO_REF, "ab" * 32) == "public-read"
    assert later_records.is_released(PHOTO_REF, "ab" * 32)


def copy_without(state: MemoryStateStore, expired_prefix: str) -> MemoryStateStore:
    copy = MemoryStateStore()
    for key in state.list_keys("", ""):
        if not key.startswith(expired_prefix):
            copy.append(key, 0, state.read(key))
    return copy


def test_a_previous_acl_is_that_of_these_bytes_under_this_key() -> None:
    records = QuarantineRecords(ScreenerHarness().ledger)
    records.save_acl(PHOTO_REF, "ab" * 32, "public-read")
    records.save_acl(PHOTO_REF, "ab" * 32, "private")
    assert records.get_acl(PHOTO_REF, "ab" * 32) == "public-read"
    assert records.get_acl(PHOTO_REF, "cd" * 32) == ""
    assert records.get_acl(replace(PHOTO_REF, key="other.jpg"), "ab" * 32) == ""
    assert records.get_acl(replace(PHOTO_REF, etag="E", version_id="v"), "ab" * 32) != ""
