"""Versioned buckets: writes, deletions and version ids."""

from __future__ import annotations

from typing import Any

import httpx
import oss2
import pytest

from tests.integration.oss.test_tags import make_tagging, read_tags


def test_each_write_creates_a_version(versioned: Any, web: httpx.Client) -> None:
    old = versioned.put_object("k", b"old", headers={"x-oss-tagging": "of=old"}).versionid
    new = versioned.put_object("k", b"new").versionid
    assert versioned.get_object("k").read() == b"new"
    assert versioned.get_object("k", params={"versionId": old}).read() == b"old"
    assert versioned.head_object("k").versionid == new
    assert versioned.head_object("k", params={"versionId": old}).versionid == old
    assert web.get(versioned.sign_url("GET", "k", 60, params={"versionId": old})).text == "old"
    assert len(versioned.list_objects().object_list) == 1


def test_tags_belong_to_a_version(versioned: Any) -> None:
    old = versioned.put_object("k", b"old").versionid
    versioned.put_object("k", b"new")
    versioned.put_object_tagging("k", make_tagging({"of": "old"}), params={"versionId": old})
    assert read_tags(versioned, "k") == {}
    assert read_tags(versioned, "k", old) == {"of": "old"}


def test_a_deletion_creates_a_delete_marker(versioned: Any) -> None:
    version_id = versioned.put_object("k", b"bytes").versionid
    marker = versioned.delete_object("k")
    assert marker.delete_marker
    with pytest.raises(oss2.exceptions.NoSuchKey) as gone:
        versioned.get_object("k")
    assert gone.value.headers["x-oss-delete-marker"] == "true"
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        versioned.get_object("k", params={"versionId": marker.versionid})
    assert raised.value.status == 405
    assert versioned.list_objects().object_list == []
    assert versioned.get_object("k", params={"versionId": version_id}).read() == b"bytes"
    versioned.delete_object("k", params={"versionId": marker.versionid})
    assert versioned.get_object("k").read() == b"bytes"


def test_a_deleted_version_is_gone(versioned: Any) -> None:
    old = versioned.put_object("k", b"old").versionid
    new = versioned.put_object("k", b"new").versionid
    versioned.delete_object("k", params={"versionId": new})
    assert versioned.get_object("k").read() == b"old"
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        versioned.get_object("k", params={"versionId": new})
    assert (raised.value.status, raised.value.code) == (404, "NoSuchVersion")
    versioned.delete_object("k", params={"versionId": old})
    versioned.delete_bucket()


def test_an_append_has_no_version_id_and_keeps_the_tags(versioned: Any) -> None:
    """So new bytes can come under a version id and tags that describe the old ones."""
    for position, data in ((0, b"abc"), (3, b"d")):
        assert versioned.append_object("log", position, data).versionid == "null"
        if not position:
            versioned.put_object_tagging("log", make_tagging({"a": "1"}))
    assert read_tags(versioned, "log") == {"a": "1"}
    assert versioned.head_object("log").versionid == "null"
    assert versioned.put_object("log", b"put").versionid != "null"
    assert versioned.get_object("log", params={"versionId": "null"}).read() == b"abcd"
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        versioned.append_object("log", 4, b"e")


def test_forbid_overwrite_is_ignored_in_a_versioned_bucket(versioned: Any) -> None:
    for body in (b"old", b"new"):
        versioned.put_object("k", body, headers={"x-oss-forbid-overwrite": "true"})
    assert versioned.get_object("k").read() == b"new"


def test_suspended_versioning_writes_null_versions(versioned: Any) -> None:
    version_id = versioned.put_object("k", b"kept").versionid
    config = oss2.models.BucketVersioningConfig(oss2.BUCKET_VERSIONING_SUSPEND)
    versioned.put_bucket_versioning(config)
    assert versioned.get_bucket_versioning().status == "Suspended"
    for body in (b"lost", b"last"):
        assert versioned.put_object("k", body).versionid == "null"
    assert versioned.get_object("k", params={"versionId": version_id}).read() == b"kept"
    assert versioned.delete_object("k").delete_marker
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        versioned.get_object("k", params={"versionId": "null"})
    assert raised.value.status == 405


def test_there_is_only_one_null_version(bucket: Any) -> None:
    """It is written before versioning, can be read by its id, and is replaced once suspended."""
    bucket.put_object("k", b"before")
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    version_id = bucket.put_object("k", b"kept").versionid
    assert bucket.get_object("k", params={"versionId": "null"}).read() == b"before"
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Suspended"))
    bucket.put_object("k", b"after")
    versions = bucket.list_object_versions().versions
    assert [(each.versionid, each.is_latest) for each in versions] == [
        ("null", True),
        (version_id, False),
    ]
    bucket.delete_object("k", params={"versionId": "null"})
    assert bucket.get_object("k").read() == b"kept"


def test_a_deletion_with_suspended_versioning_creates_one_marker(versioned: Any) -> None:
    versioned.put_bucket_versioning(oss2.models.BucketVersioningConfig("Suspended"))
    versioned.put_object("k", b"bytes")
    for _ in range(2):
        assert versioned.delete_object("k").versionid == "null"
    page = versioned.list_object_versions()
    assert (len(page.versions), len(page.delete_marker)) == (0, 1)


def test_a_version_can_be_copied(versioned: Any) -> None:
    old = versioned.put_object("k", b"old").versionid
    versioned.put_object("k", b"new")
    copied = versioned.copy_object(
        versioned.bucket_name, "k", "restored", params={"versionId": old}
    )
    assert copied.headers["x-oss-copy-source-version-id"] == old
    assert versioned.get_object("restored").read() == b"old"


def test_an_invalid_version_id_is_refused(versioned: Any) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        versioned.delete_object("k", params={"versionId": "x\r\nSet-Cookie: a=b"})
