"""Symlinks: readers get the target, and other operations the symlink itself."""

from __future__ import annotations

from typing import Any

import oss2
import pytest

from tests.integration.oss.conftest import OssCloud
from tests.integration.oss.test_tags import read_tags

TARGET = "in/a+b é%.jpg"


@pytest.fixture
def bucket_with_link(bucket: Any) -> Any:
    bucket.put_object(TARGET, b"bytes", headers={"Content-Type": "image/jpeg"})
    bucket.put_symlink(TARGET, "link", headers={"x-oss-meta-a": "1", "x-oss-tagging": "t=1"})
    return bucket


def test_a_reader_gets_the_target(bucket_with_link: Any) -> None:
    target = bucket_with_link.head_object(TARGET)
    got, head = bucket_with_link.get_object("link"), bucket_with_link.head_object("link")
    assert got.read() == b"bytes"
    assert got.etag == head.etag == target.etag
    assert (head.content_length, head.server_crc) == (5, target.server_crc)
    assert (head.object_type, head.headers["x-oss-meta-a"]) == ("Symlink", "1")
    assert bucket_with_link.get_object("link", byte_range=(1, 2)).read() == b"yt"


def test_other_operations_get_the_symlink_itself(bucket_with_link: Any) -> None:
    assert bucket_with_link.get_symlink("link").target_key == TARGET
    assert read_tags(bucket_with_link, "link") == {"t": "1"}
    assert read_tags(bucket_with_link, TARGET) == {}
    itself = bucket_with_link.get_object_meta("link")
    assert itself.etag != bucket_with_link.head_object("link").etag
    kinds = {each.key: each.type for each in bucket_with_link.list_objects().object_list}
    assert kinds == {TARGET: "Normal", "link": "Symlink"}


def test_a_copy_is_a_symlink(bucket_with_link: Any) -> None:
    bucket_with_link.copy_object(bucket_with_link.bucket_name, "link", "copy")
    assert bucket_with_link.get_symlink("copy").target_key == TARGET
    assert bucket_with_link.get_object("copy").read() == b"bytes"


def test_missing_and_chained_targets_are_errors(bucket_with_link: Any) -> None:
    bucket_with_link.put_symlink("nothing", "dangling")
    bucket_with_link.put_symlink("link", "chained")
    for link, status, code in (
        ("dangling", 404, "SymlinkTargetNotExist"),
        ("chained", 400, "InvalidTargetType"),
    ):
        for read in (bucket_with_link.get_object, bucket_with_link.head_object):
            with pytest.raises(oss2.exceptions.ServerError) as raised:
                read(link)
            assert (raised.value.status, raised.value.details["Code"]) == (status, code)


def test_a_symlink_has_versions(versioned: Any) -> None:
    for number in (b"1", b"2"):
        versioned.put_object(number.decode(), number)
    old = versioned.put_symlink("1", "link").headers["x-oss-version-id"]
    versioned.put_symlink("2", "link")
    assert versioned.get_object("link").read() == b"2"
    assert versioned.get_symlink("link", params={"versionId": old}).target_key == "1"
    assert versioned.get_object("link", params={"versionId": old}).read() == b"1"


def test_the_event_has_the_symlinks_key(cloud: OssCloud, bucket_with_link: Any) -> None:
    record = cloud.events[-1]
    assert record["eventName"] == "ObjectCreated:PutSymlink"
    assert record["oss"]["object"]["key"] == "link"


def test_invalid_symlinks_are_refused(bucket_with_link: Any) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket_with_link.get_symlink(TARGET)
    assert (raised.value.status, raised.value.code) == (400, "NotSymlink")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket_with_link.get_symlink("nothing")
    for target in ("/leading", "ü" * 512):
        with pytest.raises(oss2.exceptions.InvalidObjectName):
            bucket_with_link.put_symlink(target, "wrong")
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket_with_link.put_symlink(TARGET, "link", headers={"x-oss-forbid-overwrite": "true"})
    assert raised.value.code == "FileAlreadyExists"
