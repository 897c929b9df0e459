"""Objects that are overwritten, appended to, linked or re-dated while they are screened: no verdict
ends on bytes that the service did not judge, and none is lost."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from facescreen.errors import RequestRejectedError, RevisionNotSettledError
from facescreen.model import ObjectRef, Status
from facescreen.screening import screener
from tests.support.pictures import noise_picture
from tests.support.quarantine_harness import PRIVATE_SETTINGS
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness

FLAGGED, CLEAN = PHOTO, noise_picture()
LANDSCAPE = noise_picture("PNG")
BUCKET, KEY = PHOTO_REF.bucket, PHOTO_REF.key
COLLISION = Path(__file__).parents[2] / "fixtures" / "collision"


def judging_harness(**options: object) -> ScreenerHarness:
    return ScreenerHarness(flagged=(FLAGGED,), **options)  # type: ignore[arg-type]


def assert_tagged_as_judged(harness: ScreenerHarness) -> None:
    current = harness.store.peek_data(PHOTO_REF)
    assert current in harness.judge.judged
    expected = "high_risk" if current in harness.judge.flagged else "low_risk"
    assert harness.tags()["deepfake-verdict"] == expected


def put_after(harness: ScreenerHarness, seconds: float, data: bytes) -> None:
    harness.clock.schedule(harness.clock.now + seconds, lambda: harness.put(data))


def put_and_note(harness: ScreenerHarness, data: bytes, refs: list[ObjectRef]) -> None:
    refs.append(harness.put(data))


def test_three_overwrites_within_one_second_leave_the_verdict_of_the_last() -> None:
    harness = judging_harness()
    flagged = harness.put(FLAGGED)
    put_after(harness, 0.3, CLEAN)
    put_after(harness, 0.6, FLAGGED)
    assert harness.screen(flagged).status is Status.SCREENED
    assert_tagged_as_judged(harness)
    assert harness.judge.judged == [FLAGGED]


@pytest.mark.parametrize("seed", range(20))
def test_flipping_blindly_never_ends_with_another_verdict(seed: int) -> None:
    harness, choose = judging_harness(), random.Random(seed)  # noqa: S311
    refs = [harness.put(choose.choice([FLAGGED, CLEAN]))]
    for _ in range(choose.randrange(1, 12)):
        data, after = choose.choice([FLAGGED, CLEAN]), choose.uniform(0, 6)
        harness.clock.schedule(
            harness.clock.now + after, partial(put_and_note, harness, data, refs)
        )
    for ref in refs:  # grows while it is read
        harness.screen(ref)
    assert_tagged_as_judged(harness)


@pytest.mark.parametrize("write_back", [True, False])
def test_a_finding_that_is_not_proven_is_not_used_after_the_same_bytes_came_back(
    write_back: bool,
) -> None:
    """Another delivery of the event pays for a call that sees other bytes. Then the first bytes are
    uploaded again."""
    harness = judging_harness()
    flagged = harness.put(FLAGGED)
    harness.clock.sleep(5)

    def overtake(operation: str) -> None:
        harness.state.before_operation = lambda _: None
        put_after(harness, 0.1, CLEAN)
        harness.screen(flagged)
        harness.put(FLAGGED)

    harness.state.before_operation = overtake
    outcome = harness.screener.screen(flagged, harness.create_deadline(), write_back=write_back)
    assert outcome.finding is not None
    assert outcome.finding.verdict == "high_risk"
    if write_back:
        assert_tagged_as_judged(harness)


def test_an_upload_that_has_not_settled_is_delivered_again_if_no_time_is_left() -> None:
    harness = judging_harness()
    with pytest.raises(RevisionNotSettledError):
        harness.screen(harness.put(), seconds=4)


def test_tags_that_the_uploader_writes_after_the_upload_are_kept() -> None:
    harness = judging_harness()
    ref = harness.put()
    harness.clock.schedule(
        harness.clock.now + 0.3, lambda: harness.store.put_tags(BUCKET, KEY, {"team": "kyc"})
    )
    harness.screen(ref)
    assert harness.tags()["team"] == "kyc"


def test_two_pictures_with_one_md5_and_crc_are_two_calls() -> None:
    first, second = ((COLLISION / name).read_bytes() for name in ("x1.jpg", "x2.jpg"))
    harness = ScreenerHarness(flagged=(second,))
    ref = harness.put(first)
    harness.screen(ref)
    assert harness.tags()["deepfake-verdict"] == "low_risk"
    collision = harness.put(second)
    assert collision.etag == ref.etag
    harness.screen(collision)
    assert harness.tags()["deepfake-verdict"] == "high_risk"
    assert harness.judge.judged == [first, second]


@pytest.mark.parametrize("write_back", [True, False])
def test_a_collision_that_arrives_during_the_call_gets_no_verdict(write_back: bool) -> None:
    first, second = ((COLLISION / name).read_bytes() for name in ("x1.jpg", "x2.jpg"))
    harness = ScreenerHarness(flagged=(second,))
    ref = harness.put(first)
    put_after(harness, 2.1, second)  # after the first read, before the download
    outcome = harness.screener.screen(ref, harness.create_deadline(), write_back=write_back)
    assert outcome.status is Status.SUPERSEDED
    assert harness.tags() == {}
    harness.screen(ref)
    assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_an_acl_change_during_the_call_costs_at_most_one_more_call() -> None:
    harness = judging_harness()
    ref = harness.put()
    harness.clock.schedule(
        harness.clock.now + 2.1, lambda: harness.store.put_acl(BUCKET, KEY, "public-read")
    )
    assert harness.screen(ref).status is Status.SCREENED
    assert_tagged_as_judged(harness)
    assert harness.judge.judged == [FLAGGED, FLAGGED]
    assert harness.screen(ref).status is Status.ALREADY_SCREENED
    assert len(harness.judge.judged) == 2


def test_an_acl_change_before_or_after_the_call_costs_nothing() -> None:
    for at in (0.5, 3):
        harness = judging_harness()
        ref = harness.put()
        set_acl = partial(harness.store.put_acl, BUCKET, KEY, "private")
        harness.clock.schedule(harness.clock.now + at, set_acl)
        harness.screen(ref)
        harness.clock.sleep(5)
        harness.screen(ref)
        assert_tagged_as_judged(harness)
        assert harness.judge.judged == [FLAGGED]


def test_a_picture_to_convert_whose_acl_keeps_changing_is_not_paid_for_again_and_again() -> None:
    harness = ScreenerHarness(flagged=(FLAGGED,))
    ref = harness.put(LANDSCAPE)
    for at in range(1, 200):
        harness.clock.schedule(
            harness.clock.now + at * 0.1, lambda: harness.store.put_acl(BUCKET, KEY, "private")
        )
    outcome = harness.screen(ref)
    for _ in range(3):
        harness.clock.sleep(30)
        outcome = harness.screen(ref)
    assert len(harness.judge.judged) <= 2
    assert outcome.status in (Status.SCREENED, Status.ALREADY_SCREENED)


def test_a_picture_whose_acl_kept_changing_is_screened_where_versions_pin_it() -> None:
    """The reason RevisionNotPinned tells the operator to enable versioning."""
    harness = ScreenerHarness(flagged=(FLAGGED,))

    def change_acl(operation: str) -> None:
        if operation == "presign":
            harness.store.put_acl(BUCKET, KEY, "private")

    harness.store.before_operation = change_acl
    harness.screen(harness.put(LANDSCAPE))
    assert harness.tags()["deepfake-reason"] == "RevisionNotPinned"
    harness.clock.sleep(30)
    harness.store.versioned = True
    harness.screen(harness.put(LANDSCAPE))
    assert harness.tags()["deepfake-verdict"] == "low_risk"


def test_a_private_acl_of_our_own_ends_with_a_message_and_is_paid_for_once() -> None:
    harness = judging_harness(quarantine=PRIVATE_SETTINGS)
    ref = harness.put(FLAGGED)
    assert harness.screen(ref).status is Status.SCREENED
    (message,) = harness.published_messages()
    assert message["data"]["quarantine"]["status"] == "private"
    assert harness.screen(ref).status is Status.ALREADY_SCREENED
    assert harness.judge.judged == [FLAGGED]
    assert len(harness.publisher.messages) == 1


def put_multipart(harness: ScreenerHarness, data: bytes, initiated_at: float) -> ObjectRef:
    etag = harness.store.put(BUCKET, KEY, data, initiated_at=initiated_at)
    return replace(PHOTO_REF, etag=etag)


def test_multipart_uploads_of_one_second_are_told_apart_by_their_bytes() -> None:
    harness = judging_harness()
    initiated_at = harness.clock.now - 3600
    ref = put_multipart(harness, CLEAN, initiated_at)
    harness.clock.schedule(
        harness.clock.now + 0.1, lambda: put_multipart(harness, FLAGGED, initiated_at)
    )
    harness.screen(ref)
    harness.screen(harness.store.create_ref(BUCKET, KEY))
    assert harness.judge.judged == [CLEAN, FLAGGED]
    assert harness.tags()["deepfake-verdict"] == "high_risk"


def test_what_no_time_pins_is_sent_as_bytes_or_not_at_all() -> None:
    harness = judging_harness()
    harness.screen(put_multipart(harness, FLAGGED, 0.0))
    assert_tagged_as_judged(harness)
    harness.screen(put_multipart(harness, LANDSCAPE, 0.0))
    assert harness.judge.judged == [FLAGGED]
    assert harness.tags()["deepfake-reason"] == "RevisionNotPinned"


@pytest.mark.parametrize("store_name", ["s3", "oss"])
def test_replicas_are_sent_as_bytes_where_the_store_or_the_event_tells(store_name: str) -> None:
    harness = judging_harness()
    harness.store.name = store_name
    written_at = harness.clock.now - 3600
    for data, judged in ((CLEAN, [CLEAN]), (FLAGGED, [CLEAN, FLAGGED])):
        harness.store.put(BUCKET, KEY, data, is_replica=True, last_modified=written_at)
        ref = harness.store.create_ref(BUCKET, KEY)
        harness.screen(replace(ref, is_replica=store_name == "oss"))
        assert harness.judge.judged == judged
        assert harness.judge.urls == []
        assert_tagged_as_judged(harness)


def test_all_is_sent_as_bytes_if_times_are_not_trusted() -> None:
    harness = judging_harness(trust_times=False)
    harness.screen(harness.put(FLAGGED))
    assert_tagged_as_judged(harness)
    harness.screen(harness.put(LANDSCAPE))
    assert harness.tags()["deepfake-reason"] == "RevisionNotPinned"


FORGED = {"deepfake-verdict": "low_risk", "deepfake-etag": "E", "deepfake-at": "2026"}


@pytest.mark.parametrize("versioned", [False, True])
def test_appendable_objects_are_unscreenable(versioned: bool) -> None:
    harness = judging_harness(versioned=versioned)
    harness.store.append(BUCKET, KEY, CLEAN, FORGED)
    harness.screen(harness.store.create_ref(BUCKET, KEY))
    assert harness.tags()["deepfake-verdict"] == "unscreenable"
    assert harness.tags()["deepfake-reason"] == "AppendableObject"
    assert harness.judge.judged == []


def test_symbolic_links_are_unscreenable() -> None:
    harness = judging_harness()
    harness.store.put(BUCKET, "target.jpg", CLEAN)
    harness.store.put_symlink(BUCKET, KEY, "target.jpg", FORGED)
    harness.screen(PHOTO_REF)
    assert harness.tags()["deepfake-reason"] == "SymbolicLink"
    assert harness.judge.judged == []


def test_a_version_that_was_overwritten_before_its_event_is_screened() -> None:
    harness = judging_harness(versioned=True)
    flagged = replace(harness.put(FLAGGED), version_id="")
    clean = harness.put(CLEAN)
    harness.screen(clean)
    assert harness.screen(flagged).status is Status.SCREENED
    harness.store.remove(BUCKET, KEY, harness.store.create_ref(BUCKET, KEY).version_id)
    assert_tagged_as_judged(harness)


def test_a_version_that_was_deleted_before_its_event_is_screened() -> None:
    """It becomes the current version when its delete marker is deleted, without an event."""
    harness = judging_harness(versioned=True)
    flagged = replace(harness.put(FLAGGED), version_id="")
    (version,) = harness.store.list_versions(PHOTO_REF)
    harness.store.remove(BUCKET, KEY)
    assert harness.screen(flagged).status is Status.SCREENED
    assert harness.store.peek_tags(version)["deepfake-verdict"] == "high_risk"
    assert harness.screen(flagged).status is Status.GONE


def test_each_of_several_versions_with_the_same_bytes_is_tagged() -> None:
    harness = judging_harness(versioned=True)
    refs = [harness.put(data) for data in (FLAGGED, CLEAN, *[FLAGGED] * 23)]
    for ref in refs:
        harness.screen(ref)
    for version in harness.store.list_versions(PHOTO_REF):
        assert "deepfake-verdict" in harness.store.peek_tags(version)
    assert sorted(harness.judge.judged) == sorted([FLAGGED, CLEAN])


def test_an_event_about_one_of_too_many_versions_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(screener, "_MAX_VERSIONS_CHECKED", 2)
    harness = ScreenerHarness(flagged=(FLAGGED,), versioned=True)
    *_, ref = [harness.put(FLAGGED) for _ in range(4)]
    for _ in range(3):
        assert harness.screen(ref).status is Status.SCREENED
    with pytest.raises(RequestRejectedError, match="more were not checked"):
        harness.screen(ref)


def test_two_deliveries_at_the_same_time_screen_different_versions() -> None:
    """OSS's events name no version, so both find the same one at first."""
    harness = judging_harness(versioned=True)
    refs = [replace(harness.put(FLAGGED), version_id="") for _ in range(3)]
    harness.screen(refs[0])
    operations: list[str] = []

    def screen_meanwhile(operation: str) -> None:
        operations.append(operation)
        if operations[-2:] == ["versions", "fetch"]:
            harness.store.before_operation = lambda _: None
            harness.screen(refs[1])

    harness.store.before_operation = screen_meanwhile
    assert harness.screen(refs[2]).status is Status.SCREENED
    for version in harness.store.list_versions(PHOTO_REF):
        assert "deepfake-verdict" in harness.store.peek_tags(version)


def test_a_version_is_screened_without_a_wait_or_a_second_look() -> None:
    harness = judging_harness(versioned=True)
    started, ref = harness.clock.now, harness.put(FLAGGED)
    harness.screen(ref)
    assert harness.clock.now - started == pytest.approx(harness.judge.call_s)


def test_the_same_bytes_uploaded_again_have_a_message_of_their_own() -> None:
    harness = judging_harness()
    harness.screen(harness.put())
    harness.clock.sleep(5)
    harness.screen(harness.put())
    ids = [message["id"] for message in harness.published_messages()]
    assert len(set(ids)) == 2
    assert harness.judge.judged == [FLAGGED]


def test_the_same_bytes_under_two_keys_are_paid_for_once() -> None:
    harness = judging_harness()
    harness.screen(harness.put())
    other = replace(PHOTO_REF, key="copy.jpg", etag=harness.store.put(BUCKET, "copy.jpg", FLAGGED))
    harness.screen(other)
    assert harness.judge.judged == [FLAGGED]
    assert harness.store.peek_tags(other)["deepfake-verdict"] == "high_risk"
    assert len({message["id"] for message in harness.published_messages()}) == 2
