"""Buckets, and listings of their objects."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import oss2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.integration.oss.conftest import REGION, OssCloud

KEYS = ["a", "a/1", "a/2", "a/b/3", "a0", "b/1", "é/1", "😀"]


@pytest.fixture
def filled_bucket(bucket: Any) -> Any:
    for key in KEYS:
        bucket.put_object(key, key.encode())
    return bucket


def test_a_bucket_is_created_and_deleted(cloud: OssCloud, signer: str) -> None:
    bucket = cloud.bucket(f"n-{uuid.uuid4().hex}", signer)
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_bucket_info()
    bucket.create_bucket()
    bucket.create_bucket()
    assert bucket.get_bucket_location().location == "oss-ap-southeast-1"
    info = bucket.get_bucket_info()
    assert (info.name, info.owner.id) == (bucket.bucket_name, cloud.local_account.account_id)
    assert bucket.get_bucket_versioning().status is None
    bucket.put_object("k", b"")
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("k")
    bucket.delete_bucket()
    service = oss2.Service(bucket.auth, cloud.service.url, region=REGION)
    service.session = cloud.session
    assert bucket.bucket_name not in {each.name for each in service.list_buckets().buckets}


def test_a_bucket_has_statistics(versioned: Any) -> None:
    for body in (b"old", b"newer"):
        versioned.put_object("k", body)
    versioned.delete_object("k")
    upload = versioned.init_multipart_upload("v").upload_id
    versioned.upload_part("v", upload, 1, b"part")
    stat = versioned.get_bucket_stat()
    assert (stat.storage_size_in_bytes, stat.object_count) == (3 + 5 + 4, 2)
    assert (stat.delete_marker_count, stat.multipart_part_count) == (1, 1)


def test_buckets_are_listed_in_pages(cloud: OssCloud, signer: str) -> None:
    prefix = f"p-{uuid.uuid4().hex[:8]}-"
    names = [f"{prefix}{number}" for number in range(5)]
    for name in names:
        cloud.service.create_bucket(name)
    service = oss2.Service(cloud.bucket(names[0], signer).auth, cloud.service.url, region=REGION)
    service.session = cloud.session
    buckets = oss2.BucketIterator(service, prefix=prefix, max_keys=2)
    assert [each.name for each in buckets] == names


def test_objects_are_listed_in_pages(filled_bucket: Any) -> None:
    assert [each.key for each in oss2.ObjectIterator(filled_bucket, max_keys=3)] == KEYS
    assert [each.key for each in oss2.ObjectIteratorV2(filled_bucket, max_keys=3)] == KEYS
    first = filled_bucket.list_objects(max_keys=3)
    assert (first.is_truncated, first.next_marker) == (True, "a/2")
    assert not filled_bucket.list_objects(max_keys=len(KEYS)).is_truncated


@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_a_delimiter_groups_keys_by_prefix(filled_bucket: Any, page_size: int) -> None:
    top = oss2.ObjectIterator(filled_bucket, delimiter="/", max_keys=page_size)
    assert sorted(each.key for each in top) == ["a", "a/", "a0", "b/", "é/", "😀"]
    under = oss2.ObjectIteratorV2(filled_bucket, prefix="a/", delimiter="/", max_keys=page_size)
    assert sorted(each.key for each in under) == ["a/1", "a/2", "a/b/"]


def test_a_listing_has_size_etag_type_and_owner(filled_bucket: Any) -> None:
    summary = filled_bucket.list_objects_v2(prefix="b", fetch_owner=True).object_list[0]
    head = filled_bucket.head_object("b/1")
    assert (summary.size, summary.etag, summary.type) == (3, head.etag, "Normal")
    assert summary.last_modified == head.last_modified
    assert summary.owner.id
    assert filled_bucket.list_objects_v2(start_after="b/").object_list[0].key == "b/1"


def test_invalid_parameters_are_refused(filled_bucket: Any) -> None:
    for max_keys in (0, 1001, "x"):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            filled_bucket.list_objects(max_keys=max_keys)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        filled_bucket.list_objects_v2(continuation_token="?")


@pytest.fixture(scope="module")
def empty_bucket(cloud: OssCloud) -> Any:
    cloud.service.create_bucket("listed-at-random")
    return cloud.bucket("listed-at-random")


@settings(max_examples=20, deadline=None)
@given(
    keys=st.sets(st.text("ab/\U0010ffff", min_size=1, max_size=4), max_size=8),
    prefix=st.sampled_from(["", "a", "a/"]),
    page_size=st.integers(1, 4),
)
@example(keys={"a/\U0010ffffa", "a/\U0010ffffb", "a/"}, prefix="", page_size=1)
def test_a_listing_has_every_key_or_its_prefix_once(
    empty_bucket: Any, keys: set[str], prefix: str, page_size: int
) -> None:
    keys = {key for key in keys if not key.startswith("/")}
    for key in keys:
        empty_bucket.put_object(key, b"")
    iterator = oss2.ObjectIterator(empty_bucket, prefix=prefix, delimiter="/", max_keys=page_size)
    listed = [each.key for each in iterator]
    for key in keys:
        empty_bucket.delete_object(key)
    assert sorted(listed) == sorted(set(_keys_and_prefixes(keys, prefix)))


def _keys_and_prefixes(keys: set[str], prefix: str) -> Iterator[str]:
    for key in keys:
        if key.startswith(prefix):
            folder, slash, _ = key[len(prefix) :].partition("/")
            yield prefix + folder + slash
