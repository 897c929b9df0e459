"""Copies, deletions and ACLs: the same tests on the in-memory store, on OSS and on S3."""

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
from tests.contract.alibaba_services import ALIBABA_FIXTURES, SERVICE_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_writers import MemoryObjectWriter, ObjectWriter

StoreAndWriter = tuple["QuarantineStore", ObjectWriter]
KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "a?x=1&y#z.jpg"]
DATA, TAGS = b"0123456789", {"team": "kyc", "deepfake-at": "2026-11-23T04:05:06Z"}


@pytest.fixture(params=["memory", *SERVICE_FIXTURES])
def store_and_writer(request: pytest.FixtureRequest) -> Iterator[StoreAndWriter]:
    if request.param == "memory":
        memory_store = MemoryStore()
        yield memory_store, MemoryObjectWriter(memory_store)
        return
    services = request.getfixturevalue(request.param)
    with services.object_writer(services.bucket) as object_writer:
        yield services.store(), object_writer


def put_tagged(
    store: QuarantineStore, object_writer: ObjectWriter, key: str = "a.jpg"
) -> ObjectRef:
    ref = object_writer.put(key, DATA)
    store.replace_tags(ref, TAGS)
    return ref


@pytest.mark.parametrize("key", KEYS)
def test_a_copy_has_the_bytes_and_the_tags(store_and_writer: StoreAndWriter, key: str) -> None:
    store, object_writer = store_and_writer
    ref, target = put_tagged(store, object_writer, key), object_writer.ref(f"held/{key}")
    head = store.head(ref)
    copied = copy_and_verify(store, ref, head, target)
    assert (copied.size, copied.etag, copied.checksum) == (10, head.etag, head.checksum)
    assert store.read(target, 0, 99) == DATA
    assert store.get_tags(target) == TAGS
    assert store.head(ref) == head


@pytest.mark.parametrize("store_and_writer", ["memory", *ALIBABA_FIXTURES], indirect=True)
def test_an_overwritten_object_is_not_copied(store_and_writer: StoreAndWriter) -> None:
    """moto ignores the condition; tests/unit/storage checks that it is sent to S3."""
    store, object_writer = store_and_writer
    ref, target = put_tagged(store, object_writer), object_writer.ref("held")
    object_writer.put("a.jpg", b"newer")
    with pytest.raises(errors.ObjectChangedError):
        store.copy(ref, target, must_be_new=False)
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(target)


@pytest.mark.parametrize("store_and_writer", ["memory", *ALIBABA_FIXTURES], indirect=True)
def test_a_copy_that_must_be_new_overwrites_nothing(store_and_writer: StoreAndWriter) -> None:
    """moto ignores the condition; tests/unit/storage checks that it is sent to S3."""
    store, object_writer = store_and_writer
    ref, existing = put_tagged(store, object_writer), object_writer.put("b.jpg", b"there")
    with pytest.raises(errors.ObjectChangedError):
        store.copy(ref, object_writer.ref("b.jpg"), must_be_new=True)
    assert store.read(existing, 0, 99) == b"there"
    store.copy(ref, object_writer.ref("b.jpg"), must_be_new=False)
    assert store.read(ref, 0, 99) == DATA
    store.copy(ref, object_writer.ref("c.jpg"), must_be_new=True)


def test_every_operation_on_a_deleted_object_raises_not_found(
    store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    object_writer.delete("a.jpg")
    for operation in (
        lambda: store.copy(ref, object_writer.ref("held"), must_be_new=False),
        lambda: store.get_acl(ref),
        lambda: store.set_acl(ref, "private"),
    ):
        with pytest.raises(errors.ObjectNotFoundError):
            operation()
    delete_if_unchanged(store, ref, replace(store.head(object_writer.put("b.jpg", DATA))))


def test_an_overwritten_object_is_not_deleted(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    head = store.head(ref)
    object_writer.put("a.jpg", b"newer")
    delete_if_unchanged(store, ref, head)
    assert store.head(object_writer.ref("a.jpg")).size == 5


def test_an_unchanged_object_is_deleted(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    delete_if_unchanged(store, ref, store.head(ref))
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(ref)


def test_an_acl_can_be_set_and_restored(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    head, acl = store.head(ref), store.get_acl(ref)
    store.set_acl(ref, "private")
    store.set_acl(ref, acl)
    assert store.get_acl(ref) == acl
    after = store.head(ref)
    assert (after.etag, after.size, after.checksum) == (head.etag, head.size, head.checksum)


@pytest.mark.parametrize("store_and_writer", SERVICE_FIXTURES, indirect=True)
def test_a_missing_bucket_is_an_invalid_setting(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    target = replace(object_writer.ref("held"), bucket=f"facescreen-{uuid.uuid4().hex}")
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        store.copy(ref, target, must_be_new=False)


def test_one_version_can_be_copied_and_deleted(
    services: AlibabaServices | AwsServices, versioned_writer: ObjectWriter
) -> None:
    store = services.store()
    versioned_writer.put("a.jpg", b"oldest")
    ref = versioned_writer.put("a.jpg", DATA)
    head = store.head(ref)
    pinned = replace(ref, version_id=head.version_id)
    store.replace_tags(pinned, TAGS)
    versioned_writer.put("a.jpg", b"newer")
    target = versioned_writer.ref("held")
    copied = copy_and_verify(store, pinned, head, target)
    assert store.read(target, 0, 99) == DATA
    assert store.get_tags(target) == TAGS
    assert copied.version_id != head.version_id
    store.set_acl(pinned, "private")
    delete_if_unchanged(store, pinned, store.head(pinned))
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(pinned)
    assert store.head(versioned_writer.ref("a.jpg")).size == 5


class TestOssQuarantine:
    """Behaviour of OSS only."""

    @pytest.mark.parametrize("services", ALIBABA_FIXTURES, indirect=True)
    def test_a_copy_keeps_the_metadata_and_not_the_acl(
        self, services: AlibabaServices, object_writer: ObjectWriter
    ) -> None:
        store, ref = services.store(), object_writer.put("a.jpg", DATA)
        bucket = _oss2_bucket(services, ref.bucket)
        headers = {"Content-Type": "image/jpeg", "x-oss-meta-user": "a b", "Cache-Control": "no"}
        bucket.put_object(ref.key, DATA, {**headers, "x-oss-object-acl": "public-read"})
        assert store.get_acl(ref) == "public-read"
        target = object_writer.ref("held")
        copy_and_verify(store, ref, store.head(ref), target)
        properties = bucket.head_object(target.key).headers
        assert {name: properties[name] for name in headers} == headers
        assert store.get_acl(target) == "default"

    @pytest.mark.parametrize("services", ALIBABA_FIXTURES, indirect=True)
    def test_a_copy_of_a_multipart_object_is_verified_by_its_checksum(
        self, services: AlibabaServices, object_writer: ObjectWriter
    ) -> None:
        store, ref = services.store(), object_writer.ref("a.mp4")
        bucket = _oss2_bucket(services, ref.bucket)
        upload = bucket.init_multipart_upload(ref.key).upload_id
        part = bucket.upload_part(ref.key, upload, 1, DATA)
        parts = [oss2.models.PartInfo(1, part.etag)]
        bucket.complete_multipart_upload(ref.key, upload, parts)
        head = store.head(ref)
        copied = copy_and_verify(
            store, replace(ref, etag=head.etag), head, object_writer.ref("held")
        )
        assert copied.etag != head.etag
        assert copied.checksum == head.checksum


class TestS3Quarantine:
    """Behaviour of S3 only."""

    def test_a_copy_keeps_the_metadata(self, aws: AwsServices) -> None:
        store, client = aws.store(), aws.client("s3")
        with aws.object_writer(aws.bucket) as object_writer:
            ref, target = object_writer.put("a.jpg", DATA), object_writer.ref("held")
        address = {"Bucket": ref.bucket, "Key": ref.key}
        client.put_object(**address, Body=DATA, ContentType="image/jpeg", Metadata={"user": "a b"})
        copy_and_verify(store, ref, store.head(ref), target)
        properties = client.head_object(Bucket=target.bucket, Key=target.key)
        assert (properties["ContentType"], properties["Metadata"]) == (
            "image/jpeg",
            {"user": "a b"},
        )

    def test_private_removes_other_grants(self, aws: AwsServices) -> None:
        store, client = aws.store(), aws.client("s3")
        with aws.object_writer(aws.bucket) as object_writer:
            ref = object_writer.put("a.jpg", DATA)
        client.put_object_acl(Bucket=ref.bucket, Key=ref.key, ACL="public-read")
        acl = store.get_acl(ref)
        assert len(json.loads(acl)["Grants"]) == 2
        store.set_acl(ref, "private")
        assert len(json.loads(store.get_acl(ref))["Grants"]) == 1

    def test_s3_refuses_to_delete_an_overwritten_object(self, aws: AwsServices) -> None:
        with aws.object_writer(aws.bucket) as object_writer:
            ref = object_writer.put("a.jpg", DATA)
            object_writer.put("a.jpg", b"newer")
        with pytest.raises(errors.ObjectChangedError):
            aws.store().delete(ref)
        assert aws.store().head(ref).size == 5


def _oss2_bucket(services: AlibabaServices, bucket: str) -> Any:
    settings, key = services.alibaba, services.credentials
    auth = oss2.ProviderAuthV4(
        oss2.credentials.StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token or None
        )
    )
    return oss2.Bucket(auth, settings.oss_endpoint, bucket, region=settings.oss_region)
