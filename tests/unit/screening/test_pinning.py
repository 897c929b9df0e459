"""Pinned objects: nobody writes other bytes to a key without the next look showing it."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from facescreen.errors import (
    ContentError,
    ObjectNotFoundError,
    RevisionNotSettledError,
    ServiceUnavailableError,
)
from facescreen.model import ObjectRef, ObjectType
from facescreen.screening import pinning
from facescreen.screening.pinning import ObjectPinner, Pin, PinnedObject
from facescreen.storage.ports import FIRST_BYTES
from facescreen.testing.object_store import MemoryStore
from facescreen.timing import Deadline, StoreClock
from tests.support.collision import COLLIDING_JPEGS
from tests.support.fake_clock import FakeClock
from tests.support.screener_harness import VirtualDeadline

SECOND = 1_795_406_645
REF = ObjectRef("oss", "selfies", "a.jpg")
FIRST, OTHER = COLLIDING_JPEGS
"""Two pictures with the same size, ETag and CRC."""


class PinnerHarness:
    """A pinner in virtual time. Its own clock differs from the store's by `skew_s`."""

    def __init__(
        self,
        *,
        name: str = "oss",
        at: float = SECOND + 0.25,
        skew_s: float = 0,
        margin_s: float = 1,
        trust_times: bool = True,
        versioned: bool = False,
        node_skews_s: Callable[[], float] | tuple[float, ...] = (0,),
        multipart_last_modified: str = "initiated",
    ) -> None:
        self.clock = FakeClock(at)
        self.store = MemoryStore(
            name=name,
            versioned=versioned,
            clock=self.clock,
            node_skews_s=node_skews_s,
            multipart_last_modified=multipart_last_modified,
        )
        self.operations: Counter[str] = Counter()
        self.store.before_operation = lambda operation: self.operations.update([operation])
        self.store_clock = StoreClock(lambda: self.clock.now + skew_s, self.clock.sleep)
        self.pinner = ObjectPinner(
            self.store, margin_s=margin_s, trust_times=trust_times, clock=self.store_clock
        )

    def put(self, data: bytes = FIRST, **options: object) -> None:
        self.store.put(REF.bucket, REF.key, data, **options)  # type: ignore[arg-type]

    def pin(self, seconds: float = 60) -> PinnedObject:
        return self.pinner.pin(REF, self.deadline(seconds))

    def look_again(self, pinned: PinnedObject, seconds: float = 60) -> PinnedObject | None:
        return self.pinner.look_again(pinned, self.deadline(seconds))

    def deadline(self, seconds: float) -> Deadline:
        return VirtualDeadline(self.clock.now + seconds, self.clock)


def test_the_reference_gets_what_was_read() -> None:
    harness = PinnerHarness(versioned=True)
    harness.put()
    pinned = harness.pinner.pin(replace(REF, etag="of the event", size=1), harness.deadline(9))
    assert pinned.ref == harness.store.create_ref(REF.bucket, REF.key)
    assert (pinned.data, pinned.is_complete) == (FIRST, True)
    assert pinned.sha256 == hashlib.sha256(FIRST).hexdigest()


def test_an_object_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(ObjectNotFoundError):
        PinnerHarness().pin()


# Settling.


def test_an_old_object_is_read_once_without_a_wait() -> None:
    harness = PinnerHarness()
    harness.put()
    harness.clock.sleep(60)
    started = harness.clock.now
    assert harness.pin().pin is Pin.TIME
    assert (harness.clock.now, harness.operations) == (started, {"fetch": 1})


@pytest.mark.parametrize(("margin_s", "settled_at"), [(0, 1), (1, 2), (3, 4)])
def test_a_new_object_is_read_again_once_no_other_write_can_have_its_time(
    margin_s: float, settled_at: int
) -> None:
    harness = PinnerHarness(margin_s=margin_s)
    harness.put()
    harness.pin()
    assert SECOND + settled_at <= harness.clock.now < SECOND + settled_at + 1
    assert harness.operations["fetch"] == 2


def test_bytes_that_were_read_before_the_revision_settled_are_read_again() -> None:
    """The other picture has the same ETag, size and Last-Modified, and comes after the first
    read."""
    harness = PinnerHarness()
    harness.put(FIRST)
    harness.clock.schedule(SECOND + 0.9, lambda: harness.put(OTHER))
    assert harness.pin().data == OTHER


def test_an_overwrite_within_the_same_second_is_pinned_with_its_own_time() -> None:
    harness = PinnerHarness()
    harness.put(b"first")
    harness.clock.schedule(SECOND + 1.5, lambda: harness.put(b"second"))
    pinned = harness.pin()
    assert pinned.data == b"second"
    assert harness.clock.now >= SECOND + 3


@pytest.mark.parametrize("skew_s", [-3600, -8, 8, 3600])
def test_the_workers_own_clock_does_not_matter(skew_s: float) -> None:
    harness = PinnerHarness(skew_s=skew_s)
    harness.put()
    harness.pin()
    assert SECOND + 2 <= harness.clock.now < SECOND + 3
    assert abs(harness.store_clock.now() - harness.clock.now) <= 1


@pytest.mark.parametrize("seed", range(50))
def test_no_write_after_the_pin_has_the_same_revision_if_nodes_differ_by_the_margin(
    seed: int,
) -> None:
    choose = random.Random(seed)  # noqa: S311
    harness = PinnerHarness(
        at=SECOND + choose.random(), node_skews_s=lambda: choose.choice([-0.5, 0, 0.5])
    )
    harness.put(FIRST)
    for _ in range(choose.randrange(4)):
        at = harness.clock.now + choose.uniform(0, 3)
        harness.clock.schedule(at, lambda: harness.put(choose.choice([FIRST, OTHER])))
    pinned = harness.pin()
    harness.put(OTHER if pinned.data == FIRST else FIRST)
    assert harness.store.head(REF).revision != pinned.head.revision


def test_nodes_that_differ_by_more_than_the_margin_are_the_settings_to_tell() -> None:
    """The node of the read is fast, the node of the write that follows is slow."""
    for margin_s, is_seen in ((0, False), (3, True)):
        skews = iter([0.0, 2.5] + [0.0] * 20)
        harness = PinnerHarness(
            margin_s=margin_s,
            node_skews_s=lambda skews=skews: next(skews),  # type: ignore[misc]
        )
        harness.put(FIRST)
        pinned = harness.pin()
        harness.put(OTHER)
        assert (harness.store.head(REF).revision != pinned.head.revision) == is_seen


def test_the_wait_leaves_time_for_the_call() -> None:
    harness = PinnerHarness()
    harness.put()
    with pytest.raises(RevisionNotSettledError, match="no time left to wait"):
        harness.pin(seconds=4)
    assert harness.clock.now < SECOND + 1
    harness.pin(seconds=6)


def test_an_object_that_keeps_being_written_is_delivered_again() -> None:
    harness = PinnerHarness()

    def write_again() -> None:
        harness.put()
        harness.clock.schedule(harness.clock.now + 0.7, write_again)

    write_again()
    with pytest.raises(RevisionNotSettledError):
        harness.pin(seconds=30)


def test_a_fetch_that_fails_is_not_retried_here() -> None:
    harness = PinnerHarness()
    harness.put()
    harness.store.lose_next_response("fetch")
    with pytest.raises(ServiceUnavailableError):
        harness.pin()


# What pins an object.


def test_a_version_is_pinned_at_once_and_never_looked_at_again() -> None:
    harness = PinnerHarness(versioned=True)
    harness.put(FIRST)
    pinned = harness.pin()
    harness.put(OTHER)
    assert pinned.pin is Pin.VERSION
    assert harness.look_again(pinned) is pinned
    assert (harness.clock.now, harness.operations) == (SECOND + 0.25, {"fetch": 1})


def test_an_older_version_can_be_pinned() -> None:
    harness = PinnerHarness(versioned=True)
    harness.put(FIRST)
    first_ref = harness.store.create_ref(REF.bucket, REF.key)
    harness.put(OTHER)
    assert harness.pinner.pin(first_ref, harness.deadline(60)).data == FIRST


@pytest.mark.parametrize("name", ["oss", "s3"])
def test_a_multipart_upload_is_pinned_by_its_bytes(name: str) -> None:
    harness = PinnerHarness(name=name)
    harness.put(initiated_at=SECOND - 3600)
    assert harness.pin().pin is Pin.BYTES
    assert harness.clock.now == SECOND + 0.25


def test_a_replica_is_pinned_by_its_bytes_where_the_store_tells() -> None:
    harness = PinnerHarness(name="s3")
    harness.put(is_replica=True, last_modified=SECOND - 3600)
    assert harness.pin().pin is Pin.BYTES


@pytest.mark.parametrize("last_modified", [SECOND - 3600, SECOND])
def test_nothing_is_pinned_by_its_time_if_times_are_not_trusted(last_modified: int) -> None:
    harness = PinnerHarness(trust_times=False)
    harness.put(last_modified=last_modified)
    assert harness.pin().pin is Pin.BYTES
    assert harness.clock.now == SECOND + 0.25


def test_an_object_from_the_future_is_pinned_by_its_bytes() -> None:
    harness = PinnerHarness()
    harness.put(last_modified=SECOND + 3600)
    assert harness.pin().pin is Pin.BYTES
    assert harness.clock.now == SECOND + 0.25


def test_a_time_that_is_a_little_in_the_future_is_waited_for() -> None:
    harness = PinnerHarness()
    harness.put(last_modified=SECOND + 5)
    assert harness.pin().pin is Pin.TIME
    assert harness.clock.now >= SECOND + 7


@pytest.mark.parametrize("reading", ["initiated", "completed"])
@pytest.mark.parametrize("is_same", [False, True])
def test_a_multipart_upload_is_compared_by_its_bytes(reading: str, is_same: bool) -> None:
    harness = PinnerHarness(name="s3", multipart_last_modified=reading)
    harness.put(FIRST, initiated_at=SECOND - 3600)
    pinned = harness.pin()
    harness.put(FIRST if is_same else OTHER, initiated_at=SECOND - 3600)
    assert harness.store.head(REF).revision == pinned.head.revision
    current = harness.look_again(pinned)
    assert (current is not None) == is_same
    assert harness.operations["fetch"] == 2


# Looking again.


def test_a_look_is_one_head_if_nothing_changed() -> None:
    harness = PinnerHarness()
    harness.put()
    pinned = harness.pin()
    harness.operations.clear()
    harness.store.put_tags(REF.bucket, REF.key, {"a": "b"})
    current = harness.look_again(pinned)
    assert current is not None
    assert current == replace(pinned, head=current.head)
    assert current.head.tag_count == 1
    assert harness.operations == {"head": 1}


@pytest.mark.parametrize("data", [b"longer", b"other"])
def test_other_bytes_are_seen_by_one_head(data: bytes) -> None:
    harness = PinnerHarness()
    harness.put(b"first")
    pinned = harness.pin()
    harness.operations.clear()
    harness.put(data)
    assert harness.look_again(pinned) is None
    assert harness.operations == {"head": 1}


def test_an_object_whose_acl_changed_has_the_same_bytes_and_another_revision() -> None:
    harness = PinnerHarness()
    harness.put()
    harness.clock.sleep(60)
    pinned = harness.pin()
    harness.store.put_acl(REF.bucket, REF.key, "private")
    current = harness.look_again(pinned)
    assert current is not None
    assert current.sha256 == pinned.sha256
    assert current.head.revision != pinned.head.revision
    assert current.head.revision == harness.store.head(REF).revision
    assert harness.clock.now >= int(current.head.last_modified.timestamp()) + 2


def test_the_same_bytes_uploaded_again_are_still_those_bytes() -> None:
    harness = PinnerHarness()
    harness.put()
    pinned = harness.pin()
    harness.put()
    current = harness.look_again(pinned)
    assert current is not None
    assert current.head.revision != pinned.head.revision


def test_a_collision_uploaded_meanwhile_is_not_the_same() -> None:
    harness = PinnerHarness()
    harness.put(FIRST)
    pinned = harness.pin()
    harness.put(OTHER)
    assert harness.store.head(REF).etag == pinned.head.etag
    assert harness.look_again(pinned) is None


def test_a_look_that_reads_again_needs_time_to_settle() -> None:
    harness = PinnerHarness()
    harness.put()
    pinned = harness.pin()
    harness.store.put_acl(REF.bucket, REF.key, "private")
    with pytest.raises(RevisionNotSettledError):
        harness.look_again(pinned, seconds=4)


def test_an_object_that_was_deleted_is_not_found() -> None:
    harness = PinnerHarness()
    harness.put()
    pinned = harness.pin()
    harness.store.remove(REF.bucket, REF.key)
    with pytest.raises(ObjectNotFoundError):
        harness.look_again(pinned)


def test_a_bucket_that_became_versioned_meanwhile_is_read_again() -> None:
    harness = PinnerHarness()
    harness.put(FIRST)
    pinned = harness.pin()
    harness.store.versioned = True
    assert harness.look_again(pinned) is not None
    harness.put(OTHER)
    assert harness.look_again(pinned) is None
    harness.put(FIRST)
    current = harness.look_again(pinned)
    assert current is not None
    assert current.pin is Pin.VERSION


# Objects that are not read whole.


def test_an_object_that_is_too_large_is_looked_at_by_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pinning, "MAX_BYTES", 2 * FIRST_BYTES)
    harness = PinnerHarness()
    large = bytes(2 * FIRST_BYTES + 1)
    harness.put(large)
    pinned = harness.pin()
    assert (pinned.is_complete, pinned.sha256, len(pinned.data)) == (False, "", FIRST_BYTES)
    assert harness.look_again(pinned) is not None
    harness.clock.sleep(5)
    harness.put(large[:-1] + b"x")
    assert harness.look_again(pinned) is None


@pytest.mark.parametrize("object_type", ["multipart", "normal"])
def test_an_object_that_the_store_cannot_return_is_pinned_with_the_reason(object_type: str) -> None:
    harness = PinnerHarness()
    harness.put(is_multipart=object_type == "multipart")
    harness.clock.sleep(60)

    def refuse(operation: str) -> None:
        if operation == "fetch":
            raise ContentError("not given", code="UnreadableArchive")

    harness.store.before_operation = refuse
    pinned = harness.pin()
    assert (pinned.data, pinned.is_complete, pinned.sha256) == (b"", False, "")
    assert pinned.content_error is not None
    assert pinned.content_error.code == "UnreadableArchive"
    assert pinned.head.size == len(FIRST)
    assert harness.look_again(pinned) is not None
    harness.put(b"other")
    assert harness.look_again(pinned) is None


def test_an_empty_object_is_complete() -> None:
    harness = PinnerHarness()
    harness.put(b"")
    pinned = harness.pin()
    assert pinned.is_complete
    assert pinned.sha256 == hashlib.sha256(b"").hexdigest()


def test_an_appendable_object_is_pinned_by_its_bytes() -> None:
    harness = PinnerHarness()
    harness.store.append(REF.bucket, REF.key, FIRST)
    pinned = harness.pin()
    assert (pinned.pin, pinned.head.object_type) == (Pin.BYTES, ObjectType.APPENDABLE)
    harness.store.append(REF.bucket, REF.key, b"more")
    assert harness.look_again(pinned) is None


def test_a_symlink_is_seen_to_show_other_bytes() -> None:
    harness = PinnerHarness()
    harness.store.put(REF.bucket, "target", FIRST)
    harness.store.put_symlink(REF.bucket, REF.key, "target")
    pinned = harness.pin()
    assert (pinned.pin, pinned.data) == (Pin.BYTES, FIRST)
    harness.store.put(REF.bucket, "target", OTHER)
    assert harness.look_again(pinned) is None


def test_a_symlink_without_a_target_is_pinned_with_the_reason() -> None:
    harness = PinnerHarness()
    harness.store.put_symlink(REF.bucket, REF.key, "nowhere")
    pinned = harness.pin()
    assert pinned.content_error is not None
    assert pinned.head.object_type is ObjectType.SYMLINK
