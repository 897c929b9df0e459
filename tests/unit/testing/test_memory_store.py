"""The in-memory store is as coarse as OSS and S3, and lets a test decide what happens when."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest

from facescreen import errors
from facescreen.model import ObjectRef, ObjectType
from facescreen.testing.object_store import MemoryStore
from tests.support.collision import COLLIDING_JPEGS
from tests.support.fake_clock import FakeClock

START = 1_795_406_645.25
REF = ObjectRef("oss", "selfies", "kyc/é 1+1%.jpg")


def create_store(**options: object) -> tuple[MemoryStore, FakeClock]:
    clock = FakeClock(START)
    return MemoryStore(clock=clock, **options), clock  # type: ignore[arg-type]


def put(store: MemoryStore, data: bytes, **options: object) -> str:
    return store.put(REF.bucket, REF.key, data, **options)  # type: ignore[arg-type]


def at(epoch_s: float) -> datetime:
    """The time in whole seconds."""
    return datetime.fromtimestamp(int(epoch_s), timezone.utc)


class TestTimes:
    def test_a_write_and_a_response_are_dated_by_the_node_that_serves_them(self) -> None:
        store, _ = create_store(node_skews_s=(2, -1))
        put(store, b"x")
        head = store.head(REF)
        assert (head.last_modified, head.date) == (at(START + 2), at(START - 1))
        assert store.head(REF).date == at(START + 2)

    def test_a_test_can_choose_the_node(self) -> None:
        skews = [0.8]
        store, _ = create_store(node_skews_s=lambda: skews[0])
        put(store, b"x")
        skews[0] = 0
        head = store.head(REF)
        assert head.last_modified - head.date == timedelta(seconds=1)

    @pytest.mark.parametrize(("reading", "time"), [("initiated", 60), ("completed", 0)])
    def test_a_multipart_upload_has_either_time(self, reading: str, time: float) -> None:
        store, _ = create_store(multipart_last_modified=reading)
        put(store, b"x", initiated_at=START - 60)
        head = store.head(REF)
        assert head.last_modified == at(START - time)
        assert head.object_type is ObjectType.MULTIPART

    @pytest.mark.parametrize(("name", "moves"), [("oss", True), ("s3", False)])
    def test_an_acl_moves_last_modified_on_oss_only(self, name: str, moves: bool) -> None:
        store, clock = create_store(name=name)
        put(store, b"x", tags={"team": "kyc"})
        before = store.head(REF)
        clock.now += 5
        store.set_acl(REF, "private")
        after = store.head(REF)
        assert after.last_modified - before.last_modified == timedelta(seconds=5 * moves)
        assert (after.etag, after.size, after.tag_count) == (before.etag, before.size, 1)

    def test_tags_move_nothing(self) -> None:
        store, clock = create_store()
        put(store, b"x")
        clock.now += 5
        store.replace_tags(REF, {"a": "b"})
        assert store.head(REF).last_modified == at(START)

    @pytest.mark.parametrize(("name", "is_shown"), [("oss", False), ("s3", True)])
    def test_a_replica_has_the_time_of_its_source(self, name: str, is_shown: bool) -> None:
        store, _ = create_store(name=name)
        put(store, b"x", is_replica=True, last_modified=START - 3600)
        head = store.head(REF)
        assert head.last_modified == at(START - 3600)
        assert head.is_replica is is_shown

    @pytest.mark.parametrize("is_link_later", [False, True])
    def test_a_symlink_has_the_later_time(self, is_link_later: bool) -> None:
        store, clock = create_store()
        link = ObjectRef("oss", "selfies", "link.jpg")
        if not is_link_later:
            store.put_symlink(link.bucket, link.key, REF.key)
            clock.now += 5
        put(store, b"x")
        if is_link_later:
            clock.now += 5
            store.put_symlink(link.bucket, link.key, REF.key)
        assert store.head(link).last_modified == at(START + 5)


class TestRevisions:
    def test_two_pictures_can_be_one_revision(self) -> None:
        store, _ = create_store()
        heads = []
        for data in COLLIDING_JPEGS:
            put(store, data)
            heads.append(store.head(REF))
        assert heads[0] == heads[1]
        assert len({hashlib.sha256(data).digest() for data in COLLIDING_JPEGS}) == 2

    def test_an_etag_has_the_case_of_its_store(self) -> None:
        digest = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
        assert put(create_store()[0], b"x") == digest.upper()
        assert put(create_store(name="s3")[0], b"x", is_multipart=True) == f"{digest}-2"

    def test_without_versioning_a_write_replaces_only_what_has_no_version(self) -> None:
        store, _ = create_store(versioned=True)
        put(store, b"first")
        store.versioned = False
        put(store, b"second")
        put(store, b"third")
        null_version, version = store.list_versions(REF)
        assert store.peek_data(version) == b"first"
        assert null_version.version_id == "null"
        assert store.fetch(null_version, 9).data == store.fetch(REF, 9).data == b"third"
        assert store.head(REF).version_id == ""
        store.remove(REF.bucket, REF.key)
        assert not store.exists(REF.bucket, REF.key)
        assert store.list_versions(REF) == [version]

    def test_a_deletion_of_oss_is_not_conditional(self) -> None:
        """Hence can_delete."""
        store, _ = create_store()
        put(store, b"x")
        ref = store.create_ref(REF.bucket, REF.key)
        put(store, b"newer")
        assert not store.can_delete(ref)
        store.delete(ref)
        assert not store.exists(REF.bucket, REF.key)

    def test_s3_has_no_objects_of_other_types(self) -> None:
        store, _ = create_store(name="s3")
        with pytest.raises(ValueError, match="S3 has no objects"):
            store.append("selfies", "a.jpg", b"x")
        with pytest.raises(ValueError, match="S3 has no objects"):
            store.put_symlink("selfies", "a.jpg", "b.jpg")

    def test_only_an_appendable_object_can_be_appended_to(self) -> None:
        store, _ = create_store()
        put(store, b"x")
        with pytest.raises(ValueError, match="not appendable"):
            store.append(REF.bucket, REF.key, b"x")


class TestThreads:
    def test_no_write_is_lost(self) -> None:
        store, _ = create_store(versioned=True)
        put(store, b"x")
        oldest = store.create_ref(REF.bucket, REF.key)

        def write_and_tag(_: int) -> None:
            for _ in range(400):
                put(store, b"x")
                store.replace_tags(oldest, {"team": "kyc"})

        interval_s = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(write_and_tag, range(4)))
        finally:
            sys.setswitchinterval(interval_s)
        versions = store.list_versions(REF)
        assert len({version.version_id for version in versions}) == len(versions) == 1601


class TestRequests:
    def test_a_held_request_lands_on_what_the_key_holds_then(self) -> None:
        store, _ = create_store()
        put(store, b"x", tags={"team": "kyc"})
        store.hold_next("replace_tags")
        with pytest.raises(errors.ServiceUnavailableError):
            store.replace_tags(REF, {"verdict": "low_risk"})
        assert store.get_tags(REF) == {"team": "kyc"}
        store.replace_tags(REF, {"verdict": "high_risk"})
        put(store, b"others")
        assert [held.operation for held in store.held_requests] == ["replace_tags"]
        store.land_held()
        assert store.get_tags(REF) == {"verdict": "low_risk"}
        assert store.held_requests == ()

    def test_a_held_request_may_fail_unseen(self) -> None:
        store, _ = create_store()
        put(store, b"x")
        store.hold_next("replace_tags")
        with pytest.raises(errors.ServiceUnavailableError):
            store.replace_tags(REF, {"verdict": "low_risk"})
        store.remove(REF.bucket, REF.key)
        store.land_held()
        assert not store.exists(REF.bucket, REF.key)

    def test_a_request_whose_response_is_lost_was_carried_out(self) -> None:
        store, _ = create_store()
        put(store, b"x")
        store.lose_next_response("replace_tags")
        store.head(REF)
        with pytest.raises(errors.ServiceUnavailableError):
            store.replace_tags(REF, {"verdict": "low_risk"})
        assert store.peek_tags(REF) == {"verdict": "low_risk"}
        store.replace_tags(REF, {})

    def test_the_hooks_are_called_around_each_operation(self) -> None:
        store, _ = create_store(convert=bytes.upper)
        etag = put(store, b"x")
        calls: list[str] = []
        store.before_operation = lambda operation: calls.append(f"before {operation}")
        store.after_operation = lambda operation: calls.append(f"after {operation}")
        ref = ObjectRef("oss", REF.bucket, REF.key, etag)
        assert store.convert(ref) == b"X"
        store.list_versions(ref)
        assert calls == ["before convert", "after convert", "before versions", "after versions"]

    def test_an_error_after_an_operation_hides_its_result(self) -> None:
        store, _ = create_store()
        put(store, b"x")

        def kill(_: str) -> None:
            raise RuntimeError("killed")

        store.after_operation = kill
        with pytest.raises(RuntimeError, match="killed"):
            store.replace_tags(REF, {"verdict": "low_risk"})
        assert store.peek_tags(REF) == {"verdict": "low_risk"}

    def test_other_clients_call_no_hook(self) -> None:
        store, _ = create_store()

        def fail(operation: str) -> None:
            raise AssertionError(operation)

        store.before_operation = store.after_operation = fail
        put(store, b"x")
        store.put_tags(REF.bucket, REF.key, {"team": "kyc"})
        store.put_acl(REF.bucket, REF.key, "public-read")
        assert store.peek_tags(REF) == {"team": "kyc"}
        assert store.peek_acl(REF) == "public-read"
        assert store.peek_data(REF) == b"x"
        assert store.create_ref(REF.bucket, REF.key).size == 1


class TestPresignedUrls:
    def test_a_url_shows_what_the_key_holds_at_the_download(self) -> None:
        store, _ = create_store()
        put(store, b"x")
        url = store.presign(REF, 60, convert=False)
        assert quote(REF.key) in url
        put(store, b"others")
        assert store.download_presigned(url) == b"others"

    def test_a_url_of_a_version_shows_that_version(self) -> None:
        store, _ = create_store(versioned=True)
        put(store, b"x")
        url = store.presign(store.create_ref(REF.bucket, REF.key), 60, convert=False)
        put(store, b"others")
        assert store.download_presigned(url) == b"x"

    def test_a_url_expires(self) -> None:
        store, clock = create_store()
        put(store, b"x")
        url = store.presign(REF, 60, convert=False)
        clock.now += 61
        with pytest.raises(errors.AccessDeniedError):
            store.download_presigned(url)

    def test_a_url_can_convert(self) -> None:
        store, _ = create_store(convert=bytes.upper)
        put(store, b"x")
        assert store.download_presigned(store.presign(REF, 60, convert=True)) == b"X"

    def test_a_store_that_cannot_convert_makes_no_such_url(self) -> None:
        store, _ = create_store(name="s3")
        put(store, b"x")
        with pytest.raises(errors.RequestRejectedError):
            store.presign(REF, 60, convert=True)
        with pytest.raises(errors.RequestRejectedError):
            store.convert(REF)


class TestSnapshots:
    def test_a_restored_store_continues_where_the_snapshot_was(self) -> None:
        store, _ = create_store(versioned=True, node_skews_s=(0, 1))
        put(store, b"x")
        store.hold_next("replace_tags")
        with pytest.raises(errors.ServiceUnavailableError):
            store.replace_tags(REF, {"a": "b"})
        store.lose_next_response("head")
        snapshot = store.snapshot()
        heads = []
        for _ in range(2):
            store.restore(snapshot)
            assert store.snapshot() == snapshot
            with pytest.raises(errors.ServiceUnavailableError):
                store.head(REF)
            put(store, b"newer")
            heads.append(store.head(REF))
            store.land_held()
            assert store.peek_tags(REF) == {"a": "b"}
        assert heads[0] == heads[1]

    def test_equal_states_are_equal(self) -> None:
        snapshots = set()
        for tags in ({"a": "b"}, {"a": "b"}, {"a": "c"}):
            store, _ = create_store()
            put(store, b"x")
            store.replace_tags(REF, tags)
            snapshots.add(store.snapshot())
        assert len(snapshots) == 2

    def test_without_versioning_nothing_is_left_of_what_was_overwritten(self) -> None:
        snapshots = set()
        for writes in ([b"x"], [b"y", b"x"]):
            store, _ = create_store()
            for data in writes:
                put(store, data)
            snapshots.add(store.snapshot())
        assert len(snapshots) == 1
