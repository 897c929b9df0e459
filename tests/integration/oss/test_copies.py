"""CopyObject and UploadPartCopy: versions, conditions, metadata and ranges."""

from __future__ import annotations

import hashlib
from typing import Any

import oss2
import pytest
from oss2.models import PartInfo

from tests.integration.oss.conftest import OssCloud

LONG_AGO = "Mon, 01 Jan 2001 00:00:00 GMT"
SOURCE = "x-oss-copy-source"
BYTES = bytes(range(256)) * 512


def _copy_status(bucket: Any, headers: dict[str, str]) -> int:
    try:
        return int(bucket.copy_object(bucket.bucket_name, "k", "copy", headers=headers).status)
    except oss2.exceptions.ServerError as error:
        return int(error.status)


def test_a_copy_checks_its_conditions(bucket: Any) -> None:
    etag = bucket.put_object("k", b"bytes").etag
    modified = bucket.head_object("k").headers["Last-Modified"]
    for condition, satisfied, unsatisfied, status in (
        ("if-match", etag, "other", 412),
        ("if-unmodified-since", modified, LONG_AGO, 412),
        ("if-none-match", "other", etag, 304),
        ("if-modified-since", LONG_AGO, modified, 304),
    ):
        assert _copy_status(bucket, {f"{SOURCE}-{condition}": satisfied}) == 200
        assert _copy_status(bucket, {f"{SOURCE}-{condition}": unsatisfied}) == status


def test_an_upload_with_conditions_is_refused(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object("k", b"bytes", headers={"If-None-Match": "*"})
    assert (raised.value.status, raised.value.code) == (400, "NotImplemented")
    assert not bucket.object_exists("k")


def test_a_copy_onto_itself_changes_only_metadata(bucket: Any) -> None:
    upload = bucket.init_multipart_upload("v").upload_id
    part = bucket.upload_part("v", upload, 1, b"bytes")
    completed = bucket.complete_multipart_upload("v", upload, [PartInfo(1, part.etag)])
    replacing = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-a": "1"}
    bucket.copy_object(bucket.bucket_name, "v", "v", headers=replacing)
    head = bucket.head_object("v")
    assert (head.etag, head.object_type) == (completed.etag, "Multipart")
    assert head.headers["x-oss-meta-a"] == "1"


def test_an_appendable_object_cannot_be_copied(bucket: Any, versioned: Any) -> None:
    for each in (bucket, versioned):
        each.append_object("k", 0, b"bytes")
        assert _copy_status(each, {}) == 400
        assert not each.object_exists("copy")


def test_an_appendable_object_stays_appendable_when_its_metadata_changes(bucket: Any) -> None:
    bucket.append_object("k", 0, b"bytes")
    bucket.copy_object(bucket.bucket_name, "k", "k", headers={"x-oss-meta-a": "1"})
    bucket.append_object("k", 5, b"more")
    assert bucket.head_object("k").object_type == "Appendable"


def test_the_copy_of_a_multipart_object_is_a_normal_one(bucket: Any) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    part = bucket.upload_part("k", upload, 1, b"bytes")
    bucket.complete_multipart_upload("k", upload, [PartInfo(1, part.etag)])
    bucket.copy_object(bucket.bucket_name, "k", "copy")
    copy = bucket.head_object("copy")
    assert (copy.object_type, copy.etag) == ("Normal", hashlib.md5(b"bytes").hexdigest().upper())  # noqa: S324


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("bucket-alone", "InvalidObjectName"),
        ("/", "InvalidArgument"),
        ("/b/%FF", "InvalidObjectName"),
        ("/%FF/k", "InvalidArgument"),
        ("/b/k?versionId=x%0Ay", "InvalidArgument"),
        ("/no-such-bucket/k", "NoSuchBucket"),
    ],
)
def test_invalid_sources_are_refused(bucket: Any, source: str, code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket._do("PUT", bucket.bucket_name, "copy", headers={SOURCE: source})
    assert raised.value.code == code


def test_parts_can_be_copied_from_an_object(cloud: OssCloud, bucket: Any) -> None:
    bucket.put_object("from+é", BYTES)
    upload = bucket.init_multipart_upload("to").upload_id
    half = len(BYTES) // 2 + 50_000
    parts = []
    for number, byte_range in ((1, (0, half - 1)), (2, (half, len(BYTES) - 1))):
        copied = bucket.upload_part_copy(
            bucket.bucket_name, "from+é", byte_range, "to", upload, number
        )
        parts.append(PartInfo(number, copied.etag))
    assert cloud.events[-1]["eventName"] == "ObjectCreated:UploadPartCopy"
    assert [each.size for each in bucket.list_parts("to", upload).parts] == [
        half,
        len(BYTES) - half,
    ]
    bucket.complete_multipart_upload("to", upload, parts)
    assert bucket.get_object("to").read() == BYTES


@pytest.mark.parametrize("byte_range", [(None, None), (5, 999_999)])
def test_a_range_beyond_the_end_copies_the_whole_object(
    bucket: Any, byte_range: tuple[Any, Any]
) -> None:
    bucket.put_object("from", b"0123456789")
    upload = bucket.init_multipart_upload("to").upload_id
    bucket.upload_part_copy(bucket.bucket_name, "from", byte_range, "to", upload, 1)
    assert bucket.list_parts("to", upload).parts[0].size == 10


def test_a_part_can_be_copied_from_a_version(versioned: Any) -> None:
    old = versioned.put_object("from", b"old").versionid
    versioned.put_object("from", b"newer")
    upload = versioned.init_multipart_upload("to").upload_id
    copied = versioned.upload_part_copy(
        versioned.bucket_name, "from", (None, None), "to", upload, 1, params={"versionId": old}
    )
    assert copied.headers["x-oss-copy-source-version-id"] == old
    versioned.complete_multipart_upload("to", upload, [PartInfo(1, copied.etag)])
    assert versioned.get_object("to").read() == b"old"


def test_a_copied_part_needs_matching_conditions_and_an_upload(bucket: Any) -> None:
    bucket.put_object("from", b"bytes")
    upload = bucket.init_multipart_upload("to").upload_id
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.upload_part_copy(
            bucket.bucket_name,
            "from",
            (0, 1),
            "to",
            upload,
            1,
            headers={f"{SOURCE}-if-match": "other"},
        )
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part_copy(bucket.bucket_name, "from", (0, 1), "to", "0" * 32, 1)
    assert bucket.list_parts("to", upload).parts == []
