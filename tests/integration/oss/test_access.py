"""Object ACLs, and unsigned access to public objects."""

from __future__ import annotations

from typing import Any

import httpx
import oss2
import pytest


def _path(bucket: Any, key: str) -> str:
    return f"/{bucket.bucket_name}/{key}"


def test_an_acl_is_set_and_read(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    assert bucket.get_object_acl("k").acl == oss2.OBJECT_ACL_DEFAULT
    for acl in (oss2.OBJECT_ACL_PUBLIC_READ, oss2.OBJECT_ACL_PRIVATE, oss2.OBJECT_ACL_DEFAULT):
        bucket.put_object_acl("k", acl)
        assert bucket.get_object_acl("k").acl == acl
    assert bucket.get_bucket_acl().acl == oss2.BUCKET_ACL_PRIVATE
    with pytest.raises(oss2.exceptions.NotFound) as caught:
        bucket.get_bucket_policy()
    assert caught.value.code == "NoSuchBucketPolicy"


def test_a_public_object_can_be_read_without_a_signature(bucket: Any, web: httpx.Client) -> None:
    bucket.put_object("k", b"bytes", headers={"x-oss-object-acl": "public-read"})
    assert web.get(_path(bucket, "k")).content == b"bytes"
    part = web.get(_path(bucket, "k"), headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"yt")
    assert web.head(_path(bucket, "k")).status_code == 200
    assert web.head(_path(bucket, "k?objectMeta")).headers["Content-Length"] == "5"
    for denied in (
        web.put(_path(bucket, "k"), content=b"mine"),
        web.delete(_path(bucket, "k")),
        web.get(_path(bucket, "k?tagging")),
        web.get(_path(bucket, "k?acl")),
        web.get(f"/{bucket.bucket_name}"),
    ):
        assert denied.status_code == 403
    overridden = web.get(_path(bucket, "k?response-content-type=text/html"))
    assert overridden.status_code == 400
    bucket.put_object_acl("k", oss2.OBJECT_ACL_PRIVATE)
    assert web.get(_path(bucket, "k")).status_code == 403


def test_an_overwrite_is_private_again(bucket: Any, web: httpx.Client) -> None:
    bucket.put_object("k", b"open", headers={"x-oss-object-acl": "public-read"})
    bucket.copy_object(bucket.bucket_name, "k", "copy")
    bucket.put_object("k", b"closed")
    assert web.get(_path(bucket, "k")).status_code == 403
    assert web.get(_path(bucket, "copy")).status_code == 403


def test_a_missing_object_is_a_403_without_a_signature(bucket: Any, web: httpx.Client) -> None:
    bucket.put_object("private", b"bytes")
    answers = [web.get(_path(bucket, key)) for key in ("private", "nothing")]
    assert {response.status_code for response in answers} == {403}


def test_a_version_has_its_own_acl(versioned: Any, web: httpx.Client) -> None:
    old = versioned.put_object("k", b"old").versionid
    versioned.put_object("k", b"new")
    versioned.put_object_acl("k", oss2.OBJECT_ACL_PUBLIC_READ, params={"versionId": old})
    assert versioned.get_object_acl("k").acl == oss2.OBJECT_ACL_DEFAULT
    assert web.get(_path(versioned, f"k?versionId={old}")).content == b"old"
    assert web.get(_path(versioned, "k")).status_code == 403


def test_a_public_symlink_does_not_open_a_private_target(bucket: Any, web: httpx.Client) -> None:
    public = {"x-oss-object-acl": "public-read"}
    bucket.put_object("open", b"open", headers=dict(public))
    bucket.put_object("closed", b"closed")
    for target in ("open", "closed"):
        bucket.put_symlink(target, f"to-{target}", headers=dict(public))
    bucket.put_symlink("open", "closed-link")
    assert web.get(_path(bucket, "to-open")).content == b"open"
    assert web.get(_path(bucket, "to-closed")).status_code == 403
    assert web.get(_path(bucket, "closed-link")).status_code == 403


@pytest.mark.parametrize(
    ("acl", "code"), [("open", "InvalidArgument"), ("public-read-write", "NotImplemented")]
)
def test_unsupported_acls_are_refused(bucket: Any, acl: str, code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object("k", b"bytes", headers={"x-oss-object-acl": acl})
    assert raised.value.code == code
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ)
    assert raised.value.code == "NotImplemented"
