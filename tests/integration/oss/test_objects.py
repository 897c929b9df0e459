"""Objects written and read by oss2, with both signature versions."""

from __future__ import annotations

import base64
import hashlib
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import oss2
import pytest

ODD_KEYS = [
    "a+b c%25é😀.jpg",
    "x//y/../z",
    ".hidden",
    "..up/at",
    "a%2Fb",
    "tab\tline\n",
    "q?versionId=1&x#f",
    "ü" * 511,
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_unusual_keys_are_kept_exactly(bucket: Any, key: str) -> None:
    bucket.put_object(key, b"bytes")
    assert bucket.get_object(key).read() == b"bytes"
    assert [each.key for each in bucket.list_objects().object_list] == [key]
    bucket.delete_object(key)
    assert not bucket.object_exists(key)


@pytest.mark.parametrize("key", ["/leading", "\\leading", "ü" * 512])
def test_invalid_keys_are_refused(bucket: Any, key: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidObjectName):
        bucket.put_object(key, b"bytes")


def test_an_uploads_headers_are_returned(bucket: Any) -> None:
    md5 = hashlib.md5(b"bytes", usedforsecurity=False).digest()
    headers = {
        "Content-MD5": base64.b64encode(md5).decode(),
        "Content-Type": "image/jpeg",
        "Cache-Control": "no-store",
        "x-oss-meta-Customer": "42",
    }
    put = bucket.put_object("selfie.jpg", b"bytes", headers=headers)
    head = bucket.head_object("selfie.jpg")
    assert put.etag == head.etag == md5.hex().upper()
    assert (head.content_length, head.content_type) == (5, "image/jpeg")
    assert (head.object_type, head.server_crc) == ("Normal", put.crc)
    assert head.headers["x-oss-meta-customer"] == "42"
    assert head.headers["Cache-Control"] == "no-store"
    assert "x-oss-version-id" not in head.headers
    meta = bucket.get_object_meta("selfie.jpg")
    assert (meta.content_length, meta.etag) == (5, head.etag)


def test_too_much_metadata_is_refused(bucket: Any) -> None:
    large = {f"x-oss-meta-{n}": "v" * 1000 for n in range(9)}
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_object("k", b"bytes", headers=large)


def test_a_wrong_md5_is_refused(bucket: Any) -> None:
    other_md5 = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.put_object("selfie.jpg", b"bytes", headers={"Content-MD5": other_md5})
    assert not bucket.object_exists("selfie.jpg")


def test_missing_objects_and_buckets_are_errors(cloud: Any, bucket: Any, signer: str) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey) as raised:
        bucket.get_object("nothing")
    assert raised.value.details["HostId"]
    assert raised.value.request_id == raised.value.details["RequestId"]
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.head_object("nothing")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        cloud.bucket("no-such-bucket", signer).put_object("k", b"")
    bucket.delete_object("nothing")


@pytest.mark.parametrize(
    ("byte_range", "status", "expected"),
    [
        ((2, 4), 206, b"234"),
        ((7, None), 206, b"789"),
        ((None, 3), 206, b"789"),
        ((0, 9), 206, b"0123456789"),
        ((0, 65535), 200, b"0123456789"),
        ((12, 15), 200, b"0123456789"),
        ((4, 2), 200, b"0123456789"),
    ],
)
def test_ranges_are_read_or_ignored(
    bucket: Any, byte_range: tuple[int | None, int | None], status: int, expected: bytes
) -> None:
    bucket.put_object("digits", b"0123456789")
    response = bucket.get_object("digits", byte_range=byte_range)
    assert (response.status, response.read()) == (status, expected)


def test_standard_ranges_beyond_the_end_are_refused(bucket: Any) -> None:
    bucket.put_object("digits", b"0123456789")
    standard = {"x-oss-range-behavior": "standard"}
    response = bucket.get_object("digits", byte_range=(6, 65535), headers=dict(standard))
    assert (response.status, response.content_range) == (206, "bytes 6-9/10")
    assert response.read() == b"6789"
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.get_object("digits", byte_range=(10, None), headers=dict(standard))
    assert (raised.value.status, raised.value.code) == (416, "InvalidRange")


def test_a_read_checks_its_conditions(bucket: Any) -> None:
    etag = bucket.put_object("k", b"bytes").etag
    modified = bucket.head_object("k").headers["Last-Modified"]
    long_ago = "Mon, 01 Jan 2001 00:00:00 GMT"
    for satisfied in (
        {"If-Match": f'"{etag}"'},
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": long_ago},
        {"If-Unmodified-Since": modified},
    ):
        assert bucket.get_object("k", headers=satisfied).read() == b"bytes"
    for unsatisfied in ({"If-Match": '"other"'}, {"If-Unmodified-Since": long_ago}):
        with pytest.raises(oss2.exceptions.PreconditionFailed):
            bucket.get_object("k", headers=unsatisfied)
    for not_modified in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        with pytest.raises(oss2.exceptions.NotModified):
            bucket.head_object("k", headers=not_modified)


def test_a_url_can_override_response_headers(bucket: Any, web: httpx.Client) -> None:
    bucket.put_object("k", b"bytes")
    overrides = {"response-content-type": "text/x-y", "response-cache-control": "no-cache"}
    response = web.get(bucket.sign_url("GET", "k", 60, params=overrides))
    assert response.headers["Content-Type"] == "text/x-y"
    assert response.headers["Cache-Control"] == "no-cache"
    split = {"response-content-type": "text/x\r\nSet-Cookie: a=b"}
    assert web.get(bucket.sign_url("GET", "k", 60, params=split)).status_code == 400


def test_an_upload_can_forbid_an_overwrite(bucket: Any) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("k", b"first", headers=dict(forbid))
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object("k", b"second", headers=dict(forbid))
    assert (raised.value.status, raised.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object("k").read() == b"first"


def test_an_object_can_be_appended_to(bucket: Any) -> None:
    first = bucket.append_object("log", 0, b"abc", init_crc=0)
    second = bucket.append_object("log", 3, b"de", init_crc=first.crc)
    assert (first.next_position, second.next_position) == (3, 5)
    assert first.etag != second.etag
    head = bucket.head_object("log")
    assert (head.object_type, head.etag) == ("Appendable", second.etag)
    assert head.headers["x-oss-next-append-position"] == "5"
    assert bucket.get_object("log").read() == b"abcde"


def test_an_append_needs_the_current_length(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as raised:
        bucket.append_object("log", 1, b"x")
    assert raised.value.next_position == 0
    bucket.append_object("log", 0, b"abc")
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as raised:
        bucket.append_object("log", 0, b"x")
    assert raised.value.next_position == 3
    bucket.put_object("photo", b"abc")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("photo", 3, b"x")


def test_a_copy_keeps_or_replaces_metadata_and_tags(bucket: Any) -> None:
    headers = {"x-oss-meta-a": "1", "x-oss-tagging": "t=1", "Content-Type": "image/png"}
    bucket.put_object("from+é/1", b"bytes", headers=headers)
    bucket.copy_object(bucket.bucket_name, "from+é/1", "copy")
    copy = bucket.get_object("copy")
    assert copy.read() == b"bytes"
    assert (copy.content_type, copy.headers["x-oss-meta-a"]) == ("image/png", "1")
    assert bucket.get_object_tagging("copy").tag_set.tagging_rule == {"t": "1"}
    replacing = {
        "x-oss-metadata-directive": "REPLACE",
        "x-oss-meta-b": "2",
        "x-oss-tagging-directive": "Replace",
    }
    bucket.copy_object(bucket.bucket_name, "copy", "copy", headers=replacing)
    head = bucket.head_object("copy")
    assert "x-oss-meta-a" not in head.headers
    assert head.headers["x-oss-meta-b"] == "2"
    assert bucket.get_object_tagging("copy").tag_set.tagging_rule == {}


def test_a_copy_with_unsatisfied_conditions_is_refused(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.copy_object(
            bucket.bucket_name, "k", "c", headers={"x-oss-copy-source-if-match": "other"}
        )
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object(bucket.bucket_name, "nothing", "c")


def test_expect_100_continue_is_supported(cloud: Any, bucket: Any, web: httpx.Client) -> None:
    url = urlsplit(bucket.sign_url("PUT", "slow", 60))
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as raw:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
        raw.sendall(f"{head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n".encode())
        assert raw.recv(1024).startswith(b"HTTP/1.1 100 Continue")
        raw.sendall(b"bytes")
        assert raw.recv(1024).startswith(b"HTTP/1.1 200 OK")
    assert bucket.get_object("slow").read() == b"bytes"


def test_a_body_that_is_too_large_is_refused(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facescreen_local.oss.body.MAX_OBJECT_BYTES", 9)
    for body in (b"0123456789", iter([b"01234", b"56789"])):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.put_object("k", body)
        assert raised.value.code == "EntityTooLarge"
    bucket.put_object("k", iter([b"0123", b"56789"]))


def test_an_unsupported_operation_changes_nothing(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.restore_object("k")
    assert raised.value.code == "NotImplemented"
    assert bucket.get_object("k").read() == b"bytes"
