"""Versions of an object, on each store with a versioned bucket."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from facescreen import errors
from facescreen.model import ObjectRef, ObjectType
from facescreen_local.oss.service import OssService
from tests.contract.alibaba_services import AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_stores import OSS_STORES, OssStoreAndWriter, StoreAndWriter
from tests.contract.object_writers import ObjectWriter
from tests.support.page_limits import limit_pages, limit_version_pages


def test_an_old_version_can_be_used_by_its_id(versioned_store_and_writer: StoreAndWriter) -> None:
    store, object_writer = versioned_store_and_writer
    object_writer.put("a.jpg", b"old")
    ref = object_writer.ref("a.jpg")
    old_head = store.head(ref)
    pinned = replace(ref, version_id=old_head.version_id)
    object_writer.put("a.jpg", b"newer")
    assert old_head.version_id != store.head(ref).version_id
    assert replace(store.head(pinned), date=old_head.date) == old_head
    assert store.fetch(pinned, 9).data == store.read(pinned, 0, 9) == b"old"
    store.replace_tags(pinned, {"a": "old"})
    assert (store.get_tags(pinned), store.get_tags(ref)) == ({"a": "old"}, {})
    assert (store.head(pinned).tag_count, store.head(ref).tag_count) == (1, None)


def test_a_presigned_url_pins_the_version(
    services: AlibabaServices | AwsServices, versioned_writer: ObjectWriter
) -> None:
    store = services.store()
    ref = versioned_writer.put("a.jpg", b"old")
    pinned = replace(ref, version_id=store.head(ref).version_id)
    versioned_writer.put("a.jpg", b"newer")
    assert httpx.get(store.presign(pinned, 60, convert=False)).content == b"old"


def test_the_same_bytes_in_another_version_are_another_revision(
    versioned_store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = versioned_store_and_writer
    first = store.head(object_writer.put("a.jpg", b"x"))
    second = store.head(object_writer.put("a.jpg", b"x"))
    assert first.revision != second.revision


@pytest.mark.parametrize("key", ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a?x=1&y#z.jpg"])
def test_the_versions_of_a_key_are_listed_newest_first(
    versioned_store_and_writer: StoreAndWriter, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    limit_pages(monkeypatch, max_objects=2)
    store, object_writer = versioned_store_and_writer
    written = [put_version(versioned_store_and_writer, key, b"x" * size) for size in range(4)]
    object_writer.delete(key)
    object_writer.put(f"{key}.bak", b"beside")
    object_writer.put(key[:-1], b"before")
    versions = store.list_versions(object_writer.ref(key))
    assert versions == written[::-1]
    assert store.fetch(versions[-2], 9).data == b"x"


def test_only_the_newest_versions_are_listed(
    versioned_store_and_writer: StoreAndWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_pages(monkeypatch, max_objects=1)
    limit_version_pages(monkeypatch, max_pages=2)
    store, object_writer = versioned_store_and_writer
    written = [put_version(versioned_store_and_writer, "a.jpg", b"x" * size) for size in range(4)]
    assert store.list_versions(object_writer.ref("a.jpg")) == written[:1:-1]


def test_a_bucket_that_was_never_versioned_has_one_version_named_null(
    store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = store_and_writer
    versions = store.list_versions(object_writer.put("a.jpg", b"x"))
    assert [version.version_id for version in versions] == ["null"]
    assert store.list_versions(object_writer.ref("missing.jpg")) == []


def test_a_deletion_hides_the_versions(versioned_store_and_writer: StoreAndWriter) -> None:
    store, object_writer = versioned_store_and_writer
    pinned = put_version(versioned_store_and_writer, "a.jpg", b"x")
    object_writer.delete("a.jpg")
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(object_writer.ref("a.jpg"))
    assert store.head(pinned).size == 1
    assert store.list_page(pinned.bucket, pinned.key, "").objects == ()


def test_without_the_newest_version_the_one_before_is_current(
    versioned_store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = versioned_store_and_writer
    older = put_version(versioned_store_and_writer, "a.jpg", b"older")
    newer = put_version(versioned_store_and_writer, "a.jpg", b"newer")
    store.replace_tags(older, {"a": "older"})
    assert store.can_delete(newer)
    store.delete(newer)
    ref = object_writer.ref("a.jpg")
    assert store.head(ref).version_id == older.version_id
    assert store.get_tags(ref) == {"a": "older"}
    with pytest.raises(errors.ObjectNotFoundError):
        store.fetch(newer, 9)


@pytest.mark.parametrize("versioned_store_and_writer", OSS_STORES, indirect=True)
def test_an_append_keeps_the_version(versioned_store_and_writer: OssStoreAndWriter) -> None:
    store, object_writer = versioned_store_and_writer
    ref = object_writer.ref("a.jpg")
    object_writer.append("a.jpg", b"one")
    before = store.head(ref)
    object_writer.append("a.jpg", b"two")
    after = store.head(ref)
    assert (after.version_id, after.size) == (before.version_id, 6)
    assert after.object_type is ObjectType.APPENDABLE
    assert len(store.list_versions(ref)) == 1


def put_version(store_and_writer: StoreAndWriter, key: str, data: bytes) -> ObjectRef:
    """Write an object and return a reference to its version."""
    store, object_writer = store_and_writer
    ref = object_writer.put(key, data)
    return replace(ref, version_id=store.head(ref).version_id, size=len(data))


def test_an_object_from_before_versioning_keeps_its_address(
    oss: OssService, local: AlibabaServices
) -> None:
    """Versions hide it, and show it again with the same times."""
    oss.create_bucket("versioned-later")
    store = local.store()
    with local.object_writer("versioned-later") as object_writer:
        ref = object_writer.put("a.jpg", b"before")
        assert store.head(ref).address == ""
        object_writer.set_versioning("Enabled")
        before = store.head(ref)
        assert (before.version_id, before.address) == ("", "null")
        pinned = replace(ref, version_id=before.address)
        newer = replace(ref, version_id=store.head(object_writer.put("a.jpg", b"newer")).version_id)
        store.replace_tags(pinned, {"a": "before"})
        assert (store.get_tags(pinned), store.get_tags(newer)) == ({"a": "before"}, {})
        assert store.fetch(pinned, 9).data == b"before"
        url = store.presign(pinned, 60, convert=False)
        assert httpx.get(url).content == b"before"
        assert not store.can_delete(pinned)
        store.delete(newer)
        assert store.head(ref).revision == store.head(pinned).revision == before.revision
