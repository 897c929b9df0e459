"""The event records for Function Compute."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from oss2.models import PartInfo

from tests.integration.oss.conftest import OssCloud
from tests.integration.oss.test_tags import make_tagging


@pytest.fixture
def new_events(cloud: OssCloud) -> Callable[[], list[tuple[str, int, int]]]:
    """Returns the events since the last call, as name, size and size difference."""
    events_read = len(cloud.events)

    def read_new_events() -> list[tuple[str, int, int]]:
        nonlocal events_read
        new, events_read = cloud.events[events_read:], len(cloud.events)
        return [
            (
                event["eventName"],
                event["oss"]["object"]["size"],
                event["oss"]["object"]["deltaSize"],
            )
            for event in new
        ]

    return read_new_events


def test_an_event_record_has_the_documented_fields(cloud: OssCloud, bucket: Any) -> None:
    headers = {"Content-Type": "image/png", "x-oss-meta-who": "me"}
    put = bucket.put_object("in/a+b é%.png", b"bytes", headers=headers)
    record = cloud.events[-1]
    account, name = cloud.local_account.account_id, bucket.bucket_name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("eventTime"))
    assert re.fullmatch(r"[0-9a-f]{40}", record["oss"].pop("ruleId"))
    assert record == {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:ap-southeast-1:{account}:{name}",
                "name": name,
                "ownerIdentity": account,
            },
            "object": {
                "deltaSize": 5,
                "eTag": put.etag,
                "key": "in/a+b é%.png",
                "objectMeta": {"mimeType": "image/png", "userMeta": {"x-oss-meta-who": "me"}},
                "size": 5,
            },
            "ossSchemaVersion": "1.0",
        },
        "region": "ap-southeast-1",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"requestId": put.request_id},
        "userIdentity": {"principalId": account},
    }


def test_writes_and_deletions_raise_events_and_reads_do_not(bucket: Any, new_events: Any) -> None:
    bucket.put_object("k", b"bytes")
    bucket.put_object("k", b"123")
    assert new_events() == [
        ("ObjectCreated:PutObject", 5, 5),
        ("ObjectCreated:PutObject", 3, -2),
    ]
    bucket.put_object_tagging("k", make_tagging({"a": "1"}))
    bucket.delete_object_tagging("k")
    bucket.get_object("k").read()
    assert new_events() == []
    bucket.copy_object(bucket.bucket_name, "k", "k")
    bucket.delete_object("k")
    bucket.delete_object("k")
    assert new_events() == [
        ("ObjectCreated:CopyObject", 3, 0),
        ("ObjectRemoved:DeleteObject", 3, -3),
    ]
    bucket.append_object("log", 0, b"ab")
    bucket.append_object("log", 2, b"c")
    assert new_events() == [
        ("ObjectCreated:AppendObject", 2, 2),
        ("ObjectCreated:AppendObject", 3, 1),
    ]
    bucket.put_symlink("log", "link")
    assert new_events() == [("ObjectCreated:PutSymlink", 3, 3)]


def test_every_step_of_a_multipart_upload_raises_an_event(bucket: Any, new_events: Any) -> None:
    upload = bucket.init_multipart_upload("v.mp4").upload_id
    part = bucket.upload_part("v.mp4", upload, 1, b"bytes")
    bucket.complete_multipart_upload("v.mp4", upload, [PartInfo(1, part.etag)])
    assert [name for name, _, _ in new_events()] == [
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:CompleteMultipartUpload",
    ]


def test_an_aborted_upload_raises_an_event(bucket: Any, new_events: Any) -> None:
    upload = bucket.init_multipart_upload("v.mp4").upload_id
    bucket.abort_multipart_upload("v.mp4", upload)
    assert new_events()[-1] == ("ObjectRemoved:AbortMultipartUpload", 0, 0)
