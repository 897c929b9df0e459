"""Copies, deletions and access lists: the same tests on the fake store, on OSS and on S3."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import oss2
import pytest

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.screening.quarantine import copy_and_verify, delete_if_unchanged
from facescreen.storage.ports import QuarantineStore
from facescreen.testing.stores import MemoryStore
from tests.contract.aws import AwsPlace
from tests.contract.objects import MemoryObjects, Objects
from tests.contract.place import ALIBABA, REAL, Place

Both = tuple["QuarantineStore", Objects]
KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "a?x=1&y#z.jpg"]
DATA, TAGS = b"0123456789", {"team": "kyc", "deepfake-at": "2026-11-23T04:05:06Z"}


@pytest.fixture(params=["fake", *REAL])
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    if request.param == "fake":
        fake = MemoryStore()
        yield fake, MemoryObjects(fake)
        return
    place = request.getfixturevalue(request.param)
    with place.objects(place.bucket) as made:
        yield place.store(), made


def tagged(store: QuarantineStore, objects: Objects, key: str = "a.jpg") -> ObjectRef:
    ref = objects.put(key, DATA)
    store.replace_tags(ref, TAGS)
    return ref


@pytest.mark.parametrize("key", KEYS)
def test_a_copy_has_the_bytes_and_the_tags(both: Both, key: str) -> None:
    store, objects = both
    ref, to = tagged(store, objects, key), objects.ref(f"held/{key}")
    head = store.head(ref)
    copied = copy_and_verify(store, ref, head, to)
    assert (copied.size, copied.etag, copied.checksum) == (10, head.etag, head.checksum)
    assert store.read(to, 0, 99) == DATA
    assert store.get_tags(to) == TAGS
    assert store.head(ref) == head


@pytest.mark.parametrize("both", ["fake", *ALIBABA], indirect=True)
def test_other_bytes_are_not_copied(both: Both) -> None:
    """moto copies them all the same; tests/unit/storage shows that S3 is sent the condition."""
    store, objects = both
    ref, to = tagged(store, objects), objects.ref("held")
    objects.put("a.jpg", b"newer")
    with pytest.raises(errors.ObjectChangedError):
        store.copy(ref, to, must_be_new=False)
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(to)


@pytest.mark.parametrize("both", ["fake", *ALIBABA], indirect=True)
def test_a_copy_comes_over_nothing_where_it_must_be_new(both: Both) -> None:
    """moto lets it; tests/unit/storage as above."""
    store, objects = both
    ref, there = tagged(store, objects), objects.put("b.jpg", b"there")
    with pytest.raises(errors.ObjectChangedError):
        store.copy(ref, objects.ref("b.jpg"), must_be_new=True)
    assert store.read(there, 0, 99) == b"there"
    store.copy(ref, objects.ref("b.jpg"), must_be_new=False)
    assert store.read(ref, 0, 99) == DATA
    store.copy(ref, objects.ref("c.jpg"), must_be_new=True)


def test_what_is_gone_is_gone_for_each_operation(both: Both) -> None:
    store, objects = both
    ref = tagged(store, objects)
    objects.delete("a.jpg")
    for operation in (
        lambda: store.copy(ref, objects.ref("held"), must_be_new=False),
        lambda: store.get_acl(ref),
        lambda: store.set_acl(ref, "private"),
    ):
        with pytest.raises(errors.ObjectNotFoundError):
            operation()
    delete_if_unchanged(store, ref, replace(store.head(objects.put("b.jpg", DATA))))


def test_what_was_overwritten_is_not_removed(both: Both) -> None:
    store, objects = both
    ref = tagged(store, objects)
    head = store.head(ref)
    objects.put("a.jpg", b"newer")
    delete_if_unchanged(store, ref, head)
    assert store.head(objects.ref("a.jpg")).size == 5


def test_what_stands_as_it_was_is_removed(both: Both) -> None:
    store, objects = both
    ref = tagged(store, objects)
    delete_if_unchanged(store, ref, store.head(ref))
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(ref)


def test_an_access_list_is_set_and_set_back(both: Both) -> None:
    store, objects = both
    ref = tagged(store, objects)
    head, before = store.head(ref), store.get_acl(ref)
    store.set_acl(ref, "private")
    store.set_acl(ref, before)
    assert store.get_acl(ref) == before
    assert store.head(ref) == head


@pytest.mark.parametrize("both", REAL, indirect=True)
def test_a_missing_bucket_is_the_settings_matter(both: Both) -> None:
    store, objects = both
    ref = tagged(store, objects)
    to = replace(objects.ref("held"), bucket=f"facescreen-{uuid.uuid4().hex}")
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        store.copy(ref, to, must_be_new=False)


def test_a_version_is_copied_and_removed_for_itself(
    place: Place | AwsPlace, versioned: Objects
) -> None:
    store = place.store()
    versioned.put("a.jpg", b"oldest")
    ref = versioned.put("a.jpg", DATA)
    head = store.head(ref)
    pinned = replace(ref, version_id=head.version_id)
    store.replace_tags(pinned, TAGS)
    versioned.put("a.jpg", b"newer")
    to = versioned.ref("held")
    copied = copy_and_verify(store, pinned, head, to)
    assert store.read(to, 0, 99) == DATA
    assert store.get_tags(to) == TAGS
    assert copied.version_id != head.version_id
    store.set_acl(pinned, "private")
    delete_if_unchanged(store, pinned, head)
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(pinned)
    assert store.head(versioned.ref("a.jpg")).size == 5


class TestOss:
    """What only OSS shows."""

    @pytest.mark.parametrize("place", ALIBABA, indirect=True)
    def test_metadata_goes_along_and_an_access_list_does_not(
        self, place: Place, objects: Objects
    ) -> None:
        store, ref = place.store(), objects.put("a.jpg", DATA)
        bucket = _oss2(place, ref.bucket)
        headers = {"Content-Type": "image/jpeg", "x-oss-meta-user": "a b", "Cache-Control": "no"}
        bucket.put_object(ref.key, DATA, {**headers, "x-oss-object-acl": "public-read"})
        assert store.get_acl(ref) == "public-read"
        to = objects.ref("held")
        copy_and_verify(store, ref, store.head(ref), to)
        found = bucket.head_object(to.key).headers
        assert {name: found[name] for name in headers} == headers
        assert store.get_acl(to) == "default"

    @pytest.mark.parametrize("place", ALIBABA, indirect=True)
    def test_a_copy_of_what_came_in_parts_is_known_by_its_checksum(
        self, place: Place, objects: Objects
    ) -> None:
        store, ref = place.store(), objects.ref("a.mp4")
        bucket = _oss2(place, ref.bucket)
        upload = bucket.init_multipart_upload(ref.key).upload_id
        part = bucket.upload_part(ref.key, upload, 1, DATA)
        parts = [oss2.models.PartInfo(1, part.etag)]
        bucket.complete_multipart_upload(ref.key, upload, parts)
        head = store.head(ref)
        copied = copy_and_verify(store, replace(ref, etag=head.etag), head, objects.ref("held"))
        assert copied.etag != head.etag
        assert copied.checksum == head.checksum


class TestS3:
    """What only S3 shows."""

    def test_metadata_goes_along(self, aws: AwsPlace) -> None:
        store, client = aws.store(), aws.client("s3")
        with aws.objects(aws.bucket) as objects:
            ref, to = objects.put("a.jpg", DATA), objects.ref("held")
        named = {"Bucket": ref.bucket, "Key": ref.key}
        client.put_object(**named, Body=DATA, ContentType="image/jpeg", Metadata={"user": "a b"})
        copy_and_verify(store, ref, store.head(ref), to)
        found = client.head_object(Bucket=to.bucket, Key=to.key)
        assert (found["ContentType"], found["Metadata"]) == ("image/jpeg", {"user": "a b"})

    def test_private_takes_other_grants_away(self, aws: AwsPlace) -> None:
        store, client = aws.store(), aws.client("s3")
        with aws.objects(aws.bucket) as objects:
            ref = objects.put("a.jpg", DATA)
        client.put_object_acl(Bucket=ref.bucket, Key=ref.key, ACL="public-read")
        before = store.get_acl(ref)
        assert len(json.loads(before)["Grants"]) == 2
        store.set_acl(ref, "private")
        assert len(json.loads(store.get_acl(ref))["Grants"]) == 1

    def test_s3_itself_refuses_to_delete_other_bytes(self, aws: AwsPlace) -> None:
        with aws.objects(aws.bucket) as objects:
            ref = objects.put("a.jpg", DATA)
            objects.put("a.jpg", b"newer")
        with pytest.raises(errors.ObjectChangedError):
            aws.store().delete(ref)
        assert aws.store().head(ref).size == 5


def _oss2(place: Place, bucket: str) -> Any:
    settings, key = place.alibaba, place.credentials
    auth = oss2.ProviderAuthV4(
        oss2.credentials.StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token or None
        )
    )
    return oss2.Bucket(auth, settings.oss_endpoint, bucket, region=settings.oss_region)
