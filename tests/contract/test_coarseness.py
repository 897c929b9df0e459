"""Dates that say less than they seem to, on each store: no fake or emulator may be finer than the
store that it stands for. What heads say otherwise is in test_object_heads.py."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from tests.contract.alibaba_services import AlibabaServices
from tests.contract.aws_services import AwsServices
from tests.contract.object_stores import OSS_STORES, StoreAndWriter
from tests.contract.object_writers import OssObjectWriter, S3ObjectWriter

MAX_WAIT_S = 5
"""A second must begin at one node's clock before it does at another's."""


def test_a_date_can_be_behind_last_modified_but_by_less_than_a_second(
    store_and_writer: StoreAndWriter,
) -> None:
    """The node that responds is not always the one that wrote."""
    store, object_writer = store_and_writer
    last_try = time.monotonic() + MAX_WAIT_S
    while time.monotonic() < last_try:
        head = store.head(object_writer.put("a.jpg", b"x"))
        assert head.date - head.last_modified >= timedelta(seconds=-1)
        if head.date < head.last_modified:
            return
    pytest.fail("no node's clock is behind that of the node that wrote")


@pytest.mark.slow
def test_tags_leave_last_modified(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"x")
    before = store.head(ref)
    time.sleep(2)
    store.replace_tags(ref, {"a": "1"})
    assert store.head(ref).revision == before.revision


@pytest.mark.slow
@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
def test_an_acl_moves_last_modified_and_nothing_else(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"x", {"a": "1"})
    before = store.head(ref)
    time.sleep(2)
    store.set_acl(ref, "private")
    after = store.head(ref)
    assert after.last_modified > before.last_modified
    assert (after.etag, after.size, after.tag_count) == (before.etag, before.size, 1)


@pytest.mark.slow
def test_an_object_in_parts_can_be_older_than_the_object_that_it_replaces(
    services: AlibabaServices | AwsServices,
    object_writer: OssObjectWriter | S3ObjectWriter,
) -> None:
    """S3 documents the date of the initiation. OSS does not say; a live test tells."""
    store, ref = services.store(), object_writer.ref("a.jpg")
    complete = object_writer.start_multipart("a.jpg", b"x")
    time.sleep(2)
    replaced = store.head(object_writer.put("a.jpg", b"replaced"))
    complete()
    head = store.head(ref)
    assert head.etag != replaced.etag
    assert head.last_modified < replaced.last_modified


class TestS3:
    """moto's S3, in the time that the test sets."""

    @pytest.fixture
    def moto_time(self, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
        now = [datetime(2027, 1, 15, 8, tzinfo=timezone.utc)]
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: now[0].replace(tzinfo=None))
        return now

    def test_an_object_in_parts_has_the_date_of_its_initiation(
        self, aws: AwsServices, moto_time: list[datetime]
    ) -> None:
        [initiated] = moto_time
        with aws.object_writer(aws.bucket) as object_writer:
            ref = object_writer.ref("a.jpg")
            complete = object_writer.start_multipart("a.jpg", b"x")
            moto_time[0] += timedelta(hours=1)
            complete()
        [listed] = aws.store().list_page(ref.bucket, ref.key, "").objects
        assert aws.store().head(ref).last_modified == listed.last_modified == initiated

    def test_the_version_whose_upload_began_last_is_the_current_one(
        self, aws: AwsServices, moto_time: list[datetime]
    ) -> None:
        with aws.object_writer(aws.versioned_bucket) as object_writer:
            complete = object_writer.start_multipart("a.jpg", b"x")
            moto_time[0] += timedelta(hours=1)
            newer = object_writer.put("a.jpg", b"newer")
            complete()
            assert aws.store().head(object_writer.ref("a.jpg")).etag == newer.etag
