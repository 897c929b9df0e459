"""Release from quarantine: no second call, no second quarantine, and nothing is overwritten."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from facescreen.errors import ObjectChangedError, ServiceUnavailableError
from facescreen.model import ObjectHead, Status
from facescreen.screening.quarantine import QuarantineRecords
from facescreen_cli.commands.release.releaser import NotReleasedError, Releaser, RestorePlan
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

OPERATIONS = range(1, 16)
"""More store operations than one release makes."""


def harness_with_moved_object(*, in_parts: bool = False) -> tuple[ScreenerHarness, Releaser]:
    harness = ScreenerHarness(HIGH_RISK, quarantine=MOVE_SETTINGS)
    etag = harness.store.put(
        PHOTO_REF.bucket, PHOTO_REF.key, PHOTO, {"team": "kyc"}, is_multipart=in_parts
    )
    harness.screen(replace(PHOTO_REF, etag=etag))
    return harness, Releaser(harness.store, QuarantineRecords(harness.ledger), MOVE_SETTINGS)


def harness_with_private_object() -> tuple[ScreenerHarness, Releaser]:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    harness.put()
    harness.store.set_acl(PHOTO_REF, "public-read")
    harness.screen(PHOTO_REF)
    return harness, Releaser(harness.store, QuarantineRecords(harness.ledger), PRIVATE_SETTINGS)


def release(harness: ScreenerHarness, releasing: Releaser) -> None:
    releasing.execute(releasing.plan(quarantined_copies(harness)[0]))


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_moved_object_is_restored_and_its_event_makes_no_call(in_parts: bool) -> None:
    harness, releasing = harness_with_moved_object(in_parts=in_parts)
    release(harness, releasing)
    assert quarantined_copies(harness) == []
    assert harness.store.download(PHOTO_REF, convert=False) == PHOTO
    assert harness.tags()["team"] == "kyc"
    outcome = harness.screen(replace(PHOTO_REF, etag=harness.store.head(PHOTO_REF).etag))
    assert (outcome.status, outcome.quarantine.status) == (Status.SCREENED, "released")
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
            statuses.append(harness.screen(PHOTO_REF).quarantine.status)

    harness.store.before_operation = screen_once_restored
    release(harness, releasing)
    assert statuses == ["released"]
    assert original_exists(harness)


def test_planning_changes_nothing() -> None:
    harness, releasing = harness_with_moved_object()
    before = quarantined_copies(harness)
    plan = releasing.plan(before[0])
    assert isinstance(plan, RestorePlan)
    assert plan.origin.uri == PHOTO_REF.uri
    assert quarantined_copies(harness) == before
    assert not original_exists(harness)


def test_a_newer_object_is_not_overwritten() -> None:
    harness, releasing = harness_with_moved_object()
    newer = noise_picture()
    harness.put(newer)
    with pytest.raises(NotReleasedError, match="there is another object at oss://selfies/kyc/"):
        release(harness, releasing)
    assert harness.store.download(PHOTO_REF, convert=False) == newer
    assert len(quarantined_copies(harness)) == 1


@pytest.mark.parametrize("number", OPERATIONS)
def test_an_upload_during_the_release_is_not_overwritten(number: int) -> None:
    harness, releasing = harness_with_moved_object()
    newer = noise_picture()
    etag = harness.store.head(quarantined_copies(harness)[0]).etag
    operations = call_before_operation(harness.store, number, lambda: harness.put(newer))
    with suppress(NotReleasedError, ObjectChangedError, ServiceUnavailableError):
        release(harness, releasing)
    if len(operations) >= number:
        assert harness.store.head(PHOTO_REF).etag != etag


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
    assert harness.screen(PHOTO_REF).quarantine.status == "released"
    assert harness.detection_count == 1


def test_an_object_that_is_not_quarantined_is_refused() -> None:
    harness, releasing = harness_with_moved_object()
    quarantined = quarantined_copies(harness)[0]
    releasing.execute(releasing.plan(quarantined))
    with pytest.raises(NotReleasedError, match="released already"):
        releasing.plan(quarantined)
    with pytest.raises(NotReleasedError, match="was not made private"):
        releasing.plan(PHOTO_REF)


def test_an_older_version_at_the_original_key_allows_the_release_and_a_newer_one_does_not() -> None:
    harness, releasing = harness_with_moved_object()
    quarantined, older_version = quarantined_copies(harness)[0], ObjectHead("E", 9, "", "v1")
    head = replace(harness.store.head(quarantined), last_modified="Mon, 23 Nov 2026 04:05:06 GMT")

    def with_version_at_original_key(last_modified: str) -> Releaser:
        heads = {quarantined: head, PHOTO_REF: replace(older_version, last_modified=last_modified)}
        store = harness.store
        store.head = lambda ref: heads[replace(ref, size=None)]  # type: ignore[method-assign]
        return releasing

    assert with_version_at_original_key("Mon, 23 Nov 2026 04:05:05 GMT").plan(quarantined)
    with pytest.raises(NotReleasedError):
        with_version_at_original_key("2026-11-23T04:05:06+00:00").plan(quarantined)


def test_a_private_object_gets_its_acl_back_and_keeps_it() -> None:
    harness, releasing = harness_with_private_object()
    harness.screen(PHOTO_REF)
    assert harness.store.get_acl(PHOTO_REF) == "private"
    releasing.execute(releasing.plan(PHOTO_REF))
    assert harness.store.get_acl(PHOTO_REF) == "public-read"
    new_upload = harness.put()
    assert harness.screen(new_upload).quarantine.status == "released"
    assert harness.store.get_acl(PHOTO_REF) == "default"


def test_a_second_delivery_does_not_record_private_as_the_original_acl() -> None:
    harness = ScreenerHarness(HIGH_RISK, quarantine=PRIVATE_SETTINGS)
    harness.put()

    def kill_once_set(operation: str) -> None:
        if harness.store.peek_acl(PHOTO_REF) == "private":
            raise ProcessKilledError

    harness.store.before_operation = kill_once_set
    with pytest.raises(ProcessKilledError):
        harness.screen(PHOTO_REF)
    stop_interrupting(harness.store)
    harness.screen(PHOTO_REF)
    releasing = Releaser(harness.store, QuarantineRecords(harness.ledger), PRIVATE_SETTINGS)
    releasing.execute(releasing.plan(PHOTO_REF))
    assert harness.store.get_acl(PHOTO_REF) == "default"


def test_an_upload_while_the_acl_is_restored_is_reported() -> None:
    harness, releasing = harness_with_private_object()
    plan = releasing.plan(PHOTO_REF)
    call_before_operation(harness.store, 2, lambda: harness.put(noise_picture()))
    with pytest.raises(NotReleasedError, match="check its ACL"):
        releasing.execute(plan)
