"""Release from quarantine: no second call, no second quarantine, and nothing is overwritten."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from facescreen.errors import ObjectChangedError, ServiceUnavailableError
from facescreen.model import ObjectRef, Outcome, QuarantineResult, Status
from facescreen.screening.quarantine import QuarantineRecords
from facescreen.settings.table import QuarantineSettings
from facescreen_cli.commands.release.releaser import NotReleasedError, Releaser, RestorePlan
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
    original_exists,
    quarantined_copies,
    raise_killed,
    stop_interrupting,
)
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK

OPERATIONS = range(1, 16)
"""More store operations than one release makes."""
BUCKETS_THAT_MOVE = [bucket for bucket in BUCKETS if not keeps_original(bucket)]


def create_releaser(
    harness: ScreenerHarness, settings: QuarantineSettings = MOVE_SETTINGS
) -> Releaser:
    records = QuarantineRecords(harness.ledger)
    return Releaser(harness.store, harness.pinner, records, settings)


def harness_with_moved_object(
    bucket: str = "s3", *, data: bytes = PHOTO, in_parts: bool = False
) -> tuple[ScreenerHarness, Releaser]:
    harness = create_harness(bucket, HIGH_RISK)
    harness.store.put(PHOTO_REF.bucket, PHOTO_REF.key, data, {"team": "kyc"}, is_multipart=in_parts)
    harness.screen(PHOTO_REF)
    assert harness.detection_count == 1
    return harness, create_releaser(harness)


def harness_with_private_object(
    bucket: str = "oss", acl: str = "public-read"
) -> tuple[ScreenerHarness, Releaser]:
    harness = create_harness(bucket, HIGH_RISK, settings=PRIVATE_SETTINGS)
    harness.put()
    harness.store.put_acl(PHOTO_REF.bucket, PHOTO_REF.key, acl)
    harness.screen(PHOTO_REF)
    assert harness.store.peek_acl(PHOTO_REF) == "private"
    return harness, create_releaser(harness, PRIVATE_SETTINGS)


def release(harness: ScreenerHarness, releasing: Releaser, ref: ObjectRef | None = None) -> None:
    releasing.execute(releasing.plan(ref or quarantined_copies(harness)[0]))


def get_quarantine(outcome: Outcome) -> QuarantineResult:
    assert outcome.quarantine is not None
    return outcome.quarantine


@pytest.mark.parametrize("bucket", BUCKETS_THAT_MOVE)
@pytest.mark.parametrize("in_parts", [False, True])
def test_a_moved_object_is_restored_and_its_event_makes_no_call(
    bucket: str, in_parts: bool
) -> None:
    harness, releasing = harness_with_moved_object(bucket, in_parts=in_parts)
    release(harness, releasing)
    assert quarantined_copies(harness) == []
    assert harness.store.peek_data(PHOTO_REF) == PHOTO
    assert harness.tags()["team"] == "kyc"
    outcome = harness.screen(replace(PHOTO_REF, etag=harness.store.head(PHOTO_REF).etag))
    assert (outcome.status, get_quarantine(outcome).status) == (Status.SCREENED, "released")
    assert original_exists(harness)
    assert harness.tags()["deepfake-verdict"] == "high_risk"
    first, second = harness.published_messages()
    assert first["id"] != second["id"]
    assert harness.detection_count == 1
    assert harness.screen(PHOTO_REF).status is Status.ALREADY_SCREENED


def test_an_event_handled_during_the_release_does_not_quarantine_again() -> None:
    harness, releasing = harness_with_moved_object()
    statuses = []

    def screen_once_restored(operation: str) -> None:
        if original_exists(harness):
            stop_interrupting(harness.store)
            statuses.append(get_quarantine(harness.screen(PHOTO_REF)).status)

    harness.store.before_operation = screen_once_restored
    release(harness, releasing)
    assert statuses == ["released"]
    assert original_exists(harness)


def test_planning_changes_nothing() -> None:
    harness, releasing = harness_with_moved_object()
    before = harness.store.snapshot(), harness.state.snapshot()
    plan = releasing.plan(quarantined_copies(harness)[0])
    assert isinstance(plan, RestorePlan)
    assert plan.origin.uri == PHOTO_REF.uri
    assert (harness.store.snapshot(), harness.state.snapshot()) == before


@pytest.mark.parametrize("bucket", BUCKETS_THAT_MOVE)
def test_a_newer_object_is_not_overwritten(bucket: str) -> None:
    harness, releasing = harness_with_moved_object(bucket)
    newer = noise_picture()
    harness.put(newer)
    with pytest.raises(NotReleasedError, match="there is another object at oss://selfies/kyc/"):
        release(harness, releasing)
    assert harness.store.peek_data(PHOTO_REF) == newer
    assert len(quarantined_copies(harness)) == 1


def test_a_newer_object_with_the_same_etag_is_not_taken_for_the_released_one() -> None:
    first, other = COLLIDING_JPEGS
    harness, releasing = harness_with_moved_object(data=first)
    harness.put(other)
    with pytest.raises(NotReleasedError, match="there is another object"):
        release(harness, releasing)
    assert harness.store.peek_data(PHOTO_REF) == other


def test_the_original_that_oss_keeps_gets_its_acl_back() -> None:
    """Without versions, OSS can't delete it without deleting a newer upload."""
    harness = create_harness("oss", HIGH_RISK)
    harness.put()
    harness.store.put_acl(PHOTO_REF.bucket, PHOTO_REF.key, "public-read")
    harness.screen(PHOTO_REF)
    assert harness.store.peek_acl(PHOTO_REF) == "private"
    release(harness, create_releaser(harness))
    assert harness.store.peek_data(PHOTO_REF) == PHOTO
    assert harness.store.peek_acl(PHOTO_REF) == "public-read"
    assert quarantined_copies(harness) == []
    assert harness.screen(PHOTO_REF).status is Status.ALREADY_SCREENED
    assert get_quarantine(harness.screen(harness.put())).status == "released"


def test_the_same_bytes_uploaded_again_keep_their_own_acl() -> None:
    harness = create_harness("oss", HIGH_RISK)
    harness.screen(harness.put())
    harness.put()
    harness.store.put_acl(PHOTO_REF.bucket, PHOTO_REF.key, "public-read-write")
    release(harness, create_releaser(harness))
    assert harness.store.peek_acl(PHOTO_REF) == "public-read-write"


@pytest.mark.parametrize("number", OPERATIONS)
def test_an_upload_during_the_release_is_not_overwritten(number: int) -> None:
    harness, releasing = harness_with_moved_object()
    newer = noise_picture()
    operations = call_before_operation(harness.store, number, lambda: harness.put(newer))
    with suppress(NotReleasedError, ObjectChangedError, ServiceUnavailableError):
        release(harness, releasing)
    if len(operations) >= number:
        assert harness.store.peek_data(PHOTO_REF) == newer


@pytest.mark.parametrize("number", OPERATIONS)
def test_a_killed_release_is_finished_by_the_next_one(number: int) -> None:
    harness, releasing = harness_with_moved_object()
    quarantined = quarantined_copies(harness)[0]
    call_before_operation(harness.store, number, raise_killed)
    try:
        release(harness, releasing)
    except ProcessKilledError:
        stop_interrupting(harness.store)
        assert original_exists(harness) or quarantined_copies(harness)
        if quarantined_copies(harness):
            releasing.execute(releasing.plan(quarantined))
    stop_interrupting(harness.store)
    assert quarantined_copies(harness) == []
    assert get_quarantine(harness.screen(PHOTO_REF)).status == "released"
    assert harness.detection_count == 1


def test_an_object_that_is_not_quarantined_is_refused() -> None:
    harness, releasing = harness_with_moved_object()
    quarantined = quarantined_copies(harness)[0]
    releasing.execute(releasing.plan(quarantined))
    with pytest.raises(NotReleasedError, match="released already"):
        releasing.plan(quarantined)
    with pytest.raises(NotReleasedError, match="was not made private"):
        releasing.plan(PHOTO_REF)


@pytest.mark.parametrize("bucket", ["oss versioned", "s3 versioned"])
def test_an_older_version_at_the_original_key_allows_the_release(bucket: str) -> None:
    harness = create_harness(bucket, flagged=(PHOTO,))
    harness.screen(harness.put(noise_picture()))
    harness.clock.sleep(60)
    harness.screen(harness.put())
    assert harness.store.peek_data(PHOTO_REF) != PHOTO
    release(harness, create_releaser(harness))
    assert harness.store.peek_data(PHOTO_REF) == PHOTO
    assert quarantined_copies(harness) == []


@pytest.mark.parametrize("acl", ["public-read", "default"])
@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_private_object_gets_its_acl_back_and_keeps_it(bucket: str, acl: str) -> None:
    harness, releasing = harness_with_private_object(bucket, acl)
    harness.screen(PHOTO_REF)
    assert harness.store.peek_acl(PHOTO_REF) == "private"
    release(harness, releasing, PHOTO_REF)
    assert harness.store.peek_acl(PHOTO_REF) == acl
    assert harness.screen(PHOTO_REF).status is Status.ALREADY_SCREENED
    new_upload = harness.put()
    assert get_quarantine(harness.screen(new_upload)).status == "released"
    assert harness.store.peek_acl(PHOTO_REF) == "default"
    assert harness.detection_count == 1


def test_other_bytes_with_the_etag_of_a_private_object_were_not_made_private() -> None:
    first, other = COLLIDING_JPEGS
    harness = create_harness("oss", HIGH_RISK, settings=PRIVATE_SETTINGS)
    harness.screen(harness.put(first))
    assert harness.put(other) == harness.put(first)
    harness.put(other)
    with pytest.raises(NotReleasedError, match="was not made private"):
        create_releaser(harness, PRIVATE_SETTINGS).plan(PHOTO_REF)


def test_a_second_delivery_does_not_record_private_as_the_original_acl() -> None:
    harness = create_harness("oss", HIGH_RISK, settings=PRIVATE_SETTINGS)
    harness.put()

    def kill_once_set(operation: str) -> None:
        if harness.store.peek_acl(PHOTO_REF) == "private":
            raise ProcessKilledError

    harness.store.before_operation = kill_once_set
    with pytest.raises(ProcessKilledError):
        harness.screen(PHOTO_REF)
    stop_interrupting(harness.store)
    harness.screen(PHOTO_REF)
    release(harness, create_releaser(harness, PRIVATE_SETTINGS), PHOTO_REF)
    assert harness.store.peek_acl(PHOTO_REF) == "default"


def test_an_upload_while_the_acl_is_restored_is_reported() -> None:
    harness, releasing = harness_with_private_object()
    plan = releasing.plan(PHOTO_REF)
    call_before_operation(harness.store, 2, lambda: harness.put(noise_picture()))
    with pytest.raises(NotReleasedError, match="check its ACL"):
        releasing.execute(plan)


def test_an_upload_before_the_release_is_confirmed_keeps_its_acl() -> None:
    harness, releasing = harness_with_private_object()
    plan = releasing.plan(PHOTO_REF)
    harness.put(noise_picture())
    harness.store.put_acl(PHOTO_REF.bucket, PHOTO_REF.key, "private")
    with pytest.raises(NotReleasedError, match="nothing was changed"):
        releasing.execute(plan)
    assert harness.store.peek_acl(PHOTO_REF) == "private"


def test_a_release_under_one_key_is_none_under_another() -> None:
    harness, releasing = harness_with_moved_object()
    release(harness, releasing)
    other_ref = replace(PHOTO_REF, key="other.jpg")
    harness.store.put(other_ref.bucket, other_ref.key, PHOTO)
    assert get_quarantine(harness.screen(other_ref)).status == "moved"
    assert harness.detection_count == 1
