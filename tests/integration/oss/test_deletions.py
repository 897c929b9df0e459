"""DeleteMultipleObjects and delete markers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import oss2
import pytest
from oss2.models import BatchDeleteObjectVersion, BatchDeleteObjectVersionList

from tests.integration.oss.conftest import OssCloud

ODD = ["a+b c%25é😀.jpg", "x//y/../z", "<&>\"'", "tab\tline\n", "a%2Fb"]


def test_existing_and_missing_keys_are_deleted(bucket: Any) -> None:
    for key in ODD:
        bucket.put_object(key, b"bytes")
    deleted = bucket.batch_delete_objects([*ODD, "nothing"])
    assert deleted.deleted_keys == [*ODD, "nothing"]
    assert bucket.list_objects().object_list == []


def test_versions_are_deleted_in_a_batch(versioned: Any) -> None:
    old, new = (versioned.put_object("k", body).versionid for body in (b"old", b"new"))
    versioned.put_object("other", b"bytes")
    versions = [BatchDeleteObjectVersion("k", new), BatchDeleteObjectVersion("other")]
    result = versioned.delete_object_versions(BatchDeleteObjectVersionList(versions))
    deleted, marker = result.delete_versions
    assert (deleted.key, deleted.versionid, deleted.delete_marker) == ("k", new, False)
    assert (marker.key, marker.versionid, marker.delete_marker) == ("other", "", True)
    assert versioned.get_object("k").read() == b"old"
    assert not versioned.object_exists("other")
    versions = [
        BatchDeleteObjectVersion("k", old),
        BatchDeleteObjectVersion("other", marker.delete_marker_versionid),
    ]
    result = versioned.delete_object_versions(BatchDeleteObjectVersionList(versions))
    assert [each.delete_marker for each in result.delete_versions] == [False, True]
    assert versioned.get_object("other").read() == b"bytes"


def _post_delete(bucket: Any, entries: str, headers: dict[str, str] | None = None) -> Any:
    """Send a request that oss2 itself would not send."""
    return bucket._do(
        "POST",
        bucket.bucket_name,
        "",
        data=f"<Delete>{entries}</Delete>",
        params={"delete": ""},
        headers=headers,
    )


def test_a_quiet_deletion_has_an_empty_response(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    response = _post_delete(bucket, "<Quiet>true</Quiet><Object><Key>k</Key></Object>")
    assert response.read() == b""
    assert not bucket.object_exists("k")


def test_a_batch_deletion_raises_an_event_for_each_object(cloud: OssCloud, bucket: Any) -> None:
    for key in ("a", "b"):
        bucket.put_object(key, b"bytes")
    events_before = len(cloud.events)
    bucket.batch_delete_objects(["a", "nothing", "b"])
    assert [
        (each["eventName"], each["oss"]["object"]["key"]) for each in cloud.events[events_before:]
    ] == [
        ("ObjectRemoved:DeleteObjects", "a"),
        ("ObjectRemoved:DeleteObjects", "b"),
    ]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ("", "MalformedXML"),
        ("<Object/>", "MalformedXML"),
        ("<Object><Key/></Object>", "InvalidObjectName"),
        ("<Object><Key>k</Key></Object>" * 1001, "MalformedXML"),
        ("<Object><Key>k</Key><VersionId/></Object>", "InvalidArgument"),
    ],
)
def test_a_malformed_deletion_deletes_nothing(bucket: Any, entries: str, code: str) -> None:
    bucket.put_object("k", b"bytes")
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        _post_delete(bucket, entries)
    assert raised.value.code == code
    assert bucket.object_exists("k")


def test_a_wrong_md5_is_refused(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    with pytest.raises(oss2.exceptions.InvalidDigest):
        _post_delete(
            bucket, "<Object><Key>k</Key></Object>", {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
        )
    assert bucket.object_exists("k")


def _server_error(call: Callable[[], Any]) -> oss2.exceptions.ServerError:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        call()
    return raised.value


def test_each_deletion_adds_a_delete_marker(versioned: Any) -> None:
    versioned.put_object("k", b"bytes")
    markers = [versioned.delete_object("k").versionid for _ in range(2)]
    removed = versioned.delete_object("k", params={"versionId": markers[1]})
    assert (removed.delete_marker, removed.versionid) == (True, markers[1])
    assert not versioned.object_exists("k")
    versioned.delete_object("k", params={"versionId": markers[0]})
    assert versioned.object_exists("k")


@pytest.mark.parametrize("operation", ["get_object", "head_object", "get_object_tagging"])
def test_reading_a_delete_marker_is_an_error(versioned: Any, operation: str) -> None:
    versioned.put_object("k", b"bytes")
    marker = versioned.delete_object("k").versionid
    call = getattr(versioned, operation)
    latest = _server_error(lambda: call("k"))
    assert (latest.status, latest.headers["x-oss-version-id"]) == (404, marker)
    assert latest.headers["x-oss-delete-marker"] == "true"
    by_version = _server_error(lambda: call("k", params={"versionId": marker}))
    assert (by_version.status, by_version.headers["x-oss-delete-marker"]) == (405, "true")


def test_a_marker_cannot_be_copied(versioned: Any) -> None:
    versioned.put_object("k", b"bytes")
    marker = versioned.delete_object("k").versionid
    for params in ({}, {"versionId": marker}):
        with pytest.raises(oss2.exceptions.NoSuchKey):
            versioned.copy_object(versioned.bucket_name, "k", "copy", params=params)
