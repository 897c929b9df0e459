"""Copies, deletions and ACLs: the same tests on the in-memory store, on OSS and on S3."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import oss2
import pytest

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.storage.ports import QuarantineStore
from tests.contract.alibaba_services import ALIBABA_FIXTURES, SERVICE_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_stores import OSS_STORES, S3_STORES, StoreAndWriter
from tests.contract.object_writers import ObjectWriter

KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "a?x=1&y#z.jpg"]
DATA, TAGS = b"0123456789", {"team": "kyc", "deepfake-at": "2026-11-23T04:05:06Z"}


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
    revision = store.head(ref).revision
    store.copy(ref, target, must_be_new=True)
    copied = store.fetch(target, 99)
    assert (copied.data, copied.head.etag) == (DATA, ref.etag)
    assert store.get_tags(target) == TAGS
    assert store.head(ref).revision == revision


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
def test_an_overwritten_object_is_not_copied(store_and_writer: StoreAndWriter) -> None:
    """moto ignores the condition; tests/unit/storage checks that it is sent to S3."""
    store, object_writer = store_and_writer
    ref, target = put_tagged(store, object_writer), object_writer.ref("held")
    object_writer.put("a.jpg", b"newer")
    with pytest.raises(errors.ObjectChangedError):
        store.copy(ref, target, must_be_new=False)
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(target)


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
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


@pytest.mark.parametrize("store_and_writer", S3_STORES, indirect=True)
def test_s3_deletes_an_object_only_if_it_has_the_etag(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", DATA)
    newer = object_writer.put("a.jpg", b"newer")
    assert store.can_delete(ref)
    with pytest.raises(errors.ObjectChangedError):
        store.delete(ref)
    assert store.head(ref).size == 5
    store.delete(newer)
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(ref)


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
def test_oss_can_delete_no_object_without_a_version(store_and_writer: StoreAndWriter) -> None:
    """OSS has no conditional deletion, so a newer object might be deleted."""
    store, object_writer = store_and_writer
    assert not store.can_delete(object_writer.put("a.jpg", DATA))


def test_an_acl_can_be_set_and_restored(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    acl = store.get_acl(ref)
    store.set_acl(ref, "private")
    store.set_acl(ref, acl)
    assert store.get_acl(ref) == acl
    assert store.fetch(ref, 99).data == DATA
    assert store.get_tags(ref) == TAGS


@pytest.mark.parametrize("store_and_writer", SERVICE_FIXTURES, indirect=True)
def test_a_missing_bucket_is_an_invalid_setting(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = put_tagged(store, object_writer)
    target = replace(object_writer.ref("held"), bucket=f"facescreen-{uuid.uuid4().hex}")
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        store.copy(ref, target, must_be_new=False)


def test_one_version_can_be_copied_and_deleted(
    versioned_store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = versioned_store_and_writer
    object_writer.put("a.jpg", b"oldest")
    ref = object_writer.put("a.jpg", DATA)
    pinned = replace(ref, version_id=store.head(ref).version_id)
    store.replace_tags(pinned, TAGS)
    object_writer.put("a.jpg", b"newer")
    target = object_writer.ref("held")
    store.copy(pinned, target, must_be_new=True)
    assert store.fetch(target, 99).data == DATA
    assert store.get_tags(target) == TAGS
    assert store.head(target).version_id != pinned.version_id
    store.set_acl(pinned, "private")
    assert store.can_delete(pinned)
    for _ in range(2):
        store.delete(pinned)
    with pytest.raises(errors.ObjectNotFoundError):
        store.head(pinned)
    assert store.head(object_writer.ref("a.jpg")).size == 5


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
        store.copy(with_current_etag(store, ref), target, must_be_new=True)
        properties = bucket.head_object(target.key).headers
        assert {name: properties[name] for name in headers} == headers
        assert store.get_acl(target) == "default"


class TestS3Quarantine:
    """Behaviour of S3 only."""

    def test_a_copy_keeps_the_metadata(self, aws: AwsServices) -> None:
        store, client = aws.store(), aws.client("s3")
        with aws.object_writer(aws.bucket) as object_writer:
            ref, target = object_writer.put("a.jpg", DATA), object_writer.ref("held")
        address = {"Bucket": ref.bucket, "Key": ref.key}
        client.put_object(**address, Body=DATA, ContentType="image/jpeg", Metadata={"user": "a b"})
        store.copy(with_current_etag(store, ref), target, must_be_new=True)
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


def with_current_etag(store: QuarantineStore, ref: ObjectRef) -> ObjectRef:
    """Return the reference with the ETag that the object has now."""
    return replace(ref, etag=store.head(ref).etag)


def _oss2_bucket(services: AlibabaServices, bucket: str) -> Any:
    settings, key = services.alibaba, services.credentials
    auth = oss2.ProviderAuthV4(
        oss2.credentials.StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token or None
        )
    )
    return oss2.Bucket(auth, settings.oss_endpoint, bucket, region=settings.oss_region)
