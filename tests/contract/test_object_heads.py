"""What a head says about an object and its revision, on each store. Stores are coarse: their times
have whole seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from facescreen import errors
from facescreen.model import ObjectHead, ObjectType
from tests.contract.object_stores import OSS_STORES, OssStoreAndWriter, StoreAndWriter

MARGIN = timedelta(seconds=1)
MAX_TRIES = 20


def test_a_head_has_times_of_whole_seconds(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"x")
    head = store.head(ref)
    assert {head.last_modified.tzinfo, head.date.tzinfo} == {timezone.utc}
    assert head.last_modified.microsecond == head.date.microsecond == 0
    now = datetime.now(timezone.utc)
    assert abs(now - head.last_modified) < timedelta(minutes=1)
    assert abs(now - head.date) < timedelta(minutes=1)


def test_writes_of_the_same_bytes_within_a_second_are_one_revision(
    store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = store_and_writer

    def write_twice() -> tuple[ObjectHead, ObjectHead]:
        ref = object_writer.put("a.jpg", b"x")
        first = store.head(ref)
        object_writer.put("a.jpg", b"other")
        object_writer.put("a.jpg", b"x")
        return first, store.head(ref)

    first, second = within_one_second(write_twice)
    assert first.revision == second.revision
    assert first.compute_settling_time(MARGIN) > timedelta(0)


def test_other_bytes_are_another_revision(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    before = store.head(object_writer.put("a.jpg", b"x"))
    assert store.head(object_writer.put("a.jpg", b"y")).revision != before.revision


def test_an_uploaded_object_is_normal(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"x")
    for head in (store.head(ref), store.fetch(ref, 10).head):
        assert head.object_type is ObjectType.NORMAL
        assert head.has_visible_time


def test_an_object_in_parts_has_no_visible_time(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put_in_parts("a.jpg", b"x")
    for head in (store.head(ref), store.fetch(ref, 10).head):
        assert head.etag == ref.etag
        assert head.object_type is ObjectType.MULTIPART
        assert not head.has_visible_time
    (summary,) = store.list_page(ref.bucket, ref.key, "").objects
    assert summary.object_type is ObjectType.MULTIPART


def test_a_copy_of_an_object_in_parts_is_normal(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref, target = object_writer.put_in_parts("a.jpg", b"x"), object_writer.ref("copy.jpg")
    store.copy(ref, target, must_be_new=False)
    assert store.head(target).object_type is ObjectType.NORMAL


def test_a_head_counts_the_tags_if_there_are_any(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"x")
    assert store.head(ref).tag_count is None
    store.replace_tags(ref, {"a": "1", "b": "2"})
    assert store.head(ref).tag_count == store.fetch(ref, 10).head.tag_count == 2
    object_writer.put("a.jpg", b"x")
    assert store.head(ref).tag_count is None


@pytest.mark.slow
def test_an_acl_moves_last_modified_on_oss_only(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"x")
    before = store.head(ref)
    time.sleep(2.2)  # more than a second, by the clocks of any two nodes
    store.set_acl(ref, "private")
    after = store.head(ref)
    assert (after.etag, after.size) == (before.etag, before.size)
    assert (after.last_modified > before.last_modified) is (store.name == "oss")


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
class TestAppendableObjects:
    def test_an_append_changes_the_bytes_and_keeps_the_tags(
        self, store_and_writer: OssStoreAndWriter
    ) -> None:
        store, object_writer = store_and_writer
        ref = object_writer.ref("a.jpg")
        object_writer.append("a.jpg", b"one", {"team": "kyc"})
        before = store.head(ref)
        object_writer.append("a.jpg", b"two")
        fetched = store.fetch(ref, 10)
        assert fetched.data == b"onetwo"
        assert fetched.head.etag != before.etag
        assert fetched.head.object_type is ObjectType.APPENDABLE
        assert not fetched.head.has_visible_time
        assert store.get_tags(ref) == {"team": "kyc"}


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
class TestSymlinks:
    def test_a_symlink_shows_the_object_that_its_target_is_now(
        self, store_and_writer: OssStoreAndWriter
    ) -> None:
        store, object_writer = store_and_writer
        target = object_writer.put("target.jpg", b"x", {"team": "kyc"})
        object_writer.put_symlink("link.jpg", "target.jpg")
        ref = object_writer.ref("link.jpg")
        fetched = store.fetch(ref, 10)
        assert (fetched.data, fetched.head.etag, fetched.head.size) == (b"x", target.etag, 1)
        assert fetched.head.object_type is store.head(ref).object_type is ObjectType.SYMLINK
        assert not fetched.head.has_visible_time
        assert store.get_tags(ref) == {}
        newer = object_writer.put("target.jpg", b"newer")
        assert store.head(ref).etag == newer.etag
        assert store.read(replace(ref, etag=newer.etag), 0, 9) == b"newer"
        with pytest.raises(errors.ObjectChangedError):
            store.read(replace(ref, etag=target.etag), 0, 9)

    @pytest.mark.parametrize("target", ["missing.jpg", "link.jpg"])
    def test_a_symlink_to_nothing_or_to_a_symlink_has_only_a_head(
        self, store_and_writer: OssStoreAndWriter, target: str
    ) -> None:
        store, object_writer = store_and_writer
        object_writer.put_symlink("link.jpg", "missing.jpg")
        object_writer.put_symlink("a.jpg", target)
        ref = object_writer.ref("a.jpg")
        assert store.head(ref).object_type is ObjectType.SYMLINK
        for operation in (lambda: store.fetch(ref, 10), lambda: store.read(ref, 0, 1)):
            with pytest.raises(errors.ContentError) as raised:
                operation()
            assert raised.value.code == "SymbolicLink"
        store.replace_tags(ref, {"a": "b"})
        assert store.get_tags(ref) == {"a": "b"}


def within_one_second(
    write_twice: Callable[[], tuple[ObjectHead, ObjectHead]],
) -> tuple[ObjectHead, ObjectHead]:
    """Repeat `write_twice` until both writes were in the same second of the store's clock."""
    for _ in range(MAX_TRIES):
        first, second = write_twice()
        if first.last_modified == second.last_modified:
            return first, second
        time.sleep(0.1)
    raise AssertionError("no two writes had the same Last-Modified")
