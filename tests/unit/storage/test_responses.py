"""Responses of OSS and S3 that no emulator sends, and how much of them is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache

import boto3
import pytest

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectRef, ObjectType
from facescreen.storage.oss.object_store import OssStore
from facescreen.storage.ports import FIRST_BYTES, ObjectStore
from facescreen.storage.s3 import S3Store
from tests.support.object_server import object_server

REF = ObjectRef("", "selfies", "kyc/a.jpg", etag="e1")
GIGABYTE = 10**9
MAX_BUFFERED_BYTES = 20 * 10**6
"""What the sockets of both sides hold at most."""


def create_oss_store(url: str) -> ObjectStore:
    return OssStore(Credentials("id", "secret"), endpoint=url, public_endpoint=url, region="r")


@cache
def create_session() -> boto3.Session:
    return boto3.Session("ASIAFACESCREEN", "s3cret", "t0ken", "eu-central-1")


def create_s3_store(url: str) -> ObjectStore:
    return S3Store(create_session(), endpoint=url)


StoreFactory = Callable[[str], ObjectStore]
both_stores = pytest.mark.parametrize("create_store", [create_oss_store, create_s3_store])


@pytest.fixture(autouse=True)
def no_retry_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the delays between boto3's retries."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@both_stores
def test_a_head_has_the_times_of_the_response(create_store: StoreFactory) -> None:
    with object_server({}, b"0123456789") as server:
        head = create_store(server.url).fetch(REF, 10).head
    assert head.last_modified == datetime(2026, 11, 23, 4, 5, 6, tzinfo=timezone.utc)
    assert head.date == datetime(2026, 11, 23, 4, 5, 9, tzinfo=timezone.utc)
    assert head.compute_settling_time(timedelta(seconds=1)) == timedelta(seconds=-1)
    assert head.revision == "e1/10/2026-11-23T04:05:06Z"


@both_stores
@pytest.mark.parametrize(
    ("header", "value"), [("Date", ""), ("Date", "yesterday"), ("Last-Modified", "")]
)
def test_a_response_without_its_times_is_not_used(
    create_store: StoreFactory, header: str, value: str
) -> None:
    with object_server({header: value}, b"0123456789") as server:
        store = create_store(server.url)
        for operation in (lambda: store.head(REF), lambda: store.fetch(REF, 10)):
            with pytest.raises(errors.ServiceUnavailableError):
                operation()


@both_stores
def test_the_rest_of_a_large_object_is_not_received(create_store: StoreFactory) -> None:
    with object_server({}, announced_bytes=100 * GIGABYTE) as server:
        fetched = create_store(server.url).fetch(REF, GIGABYTE)
    assert (len(fetched.data), fetched.head.size) == (FIRST_BYTES, 100 * GIGABYTE)
    assert server.sent_bytes < MAX_BUFFERED_BYTES


@both_stores
def test_a_connection_is_used_again_after_a_whole_object(create_store: StoreFactory) -> None:
    with object_server({}, b"0123456789") as server:
        store = create_store(server.url)
        for _ in range(3):
            store.fetch(REF, 10)
            store.read(REF, 0, 10)
    assert len(server.connections) == 1


@both_stores
def test_a_body_that_ends_early_is_a_transient_error(create_store: StoreFactory) -> None:
    with object_server({}, b"01234", announced_bytes=10) as server:
        store = create_store(server.url)
        for operation in (lambda: store.fetch(REF, 10), lambda: store.read(REF, 0, 10)):
            with pytest.raises(errors.ServiceUnavailableError):
                operation()


def test_a_conversion_that_ends_early_is_a_transient_error() -> None:
    with (
        object_server({}, b"01234", announced_bytes=10) as server,
        pytest.raises(errors.ServiceUnavailableError),
    ):
        create_oss_store(server.url).convert(REF)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("BadRequest", "UnqualifiedPhoto"),
        ("InvalidArgument", "UnqualifiedPhoto"),
        ("ImageTooLarge", "ToolargeImage"),
    ],
)
def test_a_conversion_that_oss_refuses_is_the_fault_of_the_image(code: str, reason: str) -> None:
    with pytest.raises(errors.ContentError) as raised:
        convert_refused(400, code)
    assert raised.value.code == reason


@pytest.mark.parametrize(
    ("status", "code", "error_class"),
    [
        (400, "MissingArgument", errors.RequestRejectedError),
        (403, "AccessDenied", errors.AccessDeniedError),
        (412, "PreconditionFailed", errors.ObjectChangedError),
        (500, "InternalError", errors.ServiceUnavailableError),
        (503, "BadRequest", errors.ServiceUnavailableError),
    ],
)
def test_another_error_of_a_conversion_is_not_the_fault_of_the_image(
    status: int, code: str, error_class: type[errors.FacescreenError]
) -> None:
    with pytest.raises(error_class):
        convert_refused(status, code)


def test_only_a_conversion_is_refused_because_of_the_image() -> None:
    body = b"<Error><Code>BadRequest</Code><Message>no</Message></Error>"
    with (
        object_server({}, body, status=400) as server,
        pytest.raises(errors.RequestRejectedError),
    ):
        create_oss_store(server.url).read(REF, 0, 10)


@pytest.mark.parametrize(
    ("status", "code", "error_class"),
    [
        (400, "InvalidTag", errors.TagsRefusedError),
        (400, "RequestTimeout", errors.ServiceUnavailableError),
        (409, "StaleFile", errors.ServiceUnavailableError),
    ],
)
def test_tags_that_oss_writes_at_another_moment_are_not_refused(
    status: int, code: str, error_class: type[errors.FacescreenError]
) -> None:
    """Of two requests that change an object's tags or metadata at the same moment, OSS refuses
    one."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    with object_server({}, body, status=status) as server, pytest.raises(error_class):
        create_oss_store(server.url).replace_tags(REF, {"team": "kyc"})


def convert_refused(status: int, code: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    with object_server({}, body, status=status) as server:
        create_oss_store(server.url).convert(REF)


def test_a_damaged_body_of_s3_is_a_transient_error() -> None:
    with (
        object_server({"x-amz-checksum-crc32": "AAAAAA=="}, b"0123456789") as server,
        pytest.raises(errors.ServiceUnavailableError),
    ):
        create_s3_store(server.url).fetch(REF, 10)


@both_stores
def test_an_archived_object_is_unreadable(create_store: StoreFactory) -> None:
    refusal = b"<Error><Code>InvalidObjectState</Code><Message>archived</Message></Error>"
    with object_server({}, refusal, status=403) as server:
        store = create_store(server.url)
        for operation in (lambda: store.fetch(REF, 10), lambda: store.read(REF, 0, 10)):
            with pytest.raises(errors.ContentError) as raised:
                operation()
            assert raised.value.code == "UnreadableArchive"


@both_stores
def test_the_null_version_is_none(create_store: StoreFactory) -> None:
    headers = {"x-oss-version-id": "null", "x-amz-version-id": "null"}
    with object_server(headers, b"0123456789") as server:
        assert create_store(server.url).fetch(REF, 10).head.version_id == ""


@both_stores
def test_an_etag_of_parts_shows_a_multipart_upload(create_store: StoreFactory) -> None:
    with object_server({"ETag": '"e1-2"'}, b"0123456789") as server:
        assert create_store(server.url).fetch(REF, 10).head.object_type is ObjectType.MULTIPART


@both_stores
def test_the_versions_of_other_keys_are_not_listed(create_store: StoreFactory) -> None:
    page = b"""<ListVersionsResult><Name>selfies</Name><Prefix>kyc/a.jpg</Prefix>
    <KeyMarker/><VersionIdMarker/><MaxKeys>1</MaxKeys><Delimiter/><IsTruncated>true</IsTruncated>
    <NextKeyMarker>kyc/a.jpg.bak</NextKeyMarker><NextVersionIdMarker>v9</NextVersionIdMarker>
    <Version><Key>kyc/a.jpg</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest>
    <LastModified>2026-11-23T04:05:06.000Z</LastModified><ETag>"e1"</ETag><Size>10</Size>
    <Type>Normal</Type><StorageClass>Standard</StorageClass><Owner><ID>1</ID><DisplayName>1</DisplayName></Owner>
    </Version></ListVersionsResult>"""
    with object_server({}, page) as server:
        versions = create_store(server.url).list_versions(REF)
    assert versions == [replace(REF, version_id="v1", size=10)]
    assert len(server.requests) == 1


@pytest.mark.parametrize("object_type", ["", "Sealed"])
def test_an_unknown_type_of_oss_has_no_visible_time(object_type: str) -> None:
    with object_server({"x-oss-object-type": object_type}, b"0123456789") as server:
        assert not create_oss_store(server.url).fetch(REF, 10).head.has_visible_time


@pytest.mark.parametrize(
    ("status", "is_replica"), [("REPLICA", True), ("COMPLETED", False), ("", False)]
)
def test_s3_says_what_is_a_replica(status: str, is_replica: bool) -> None:
    with object_server({"x-amz-replication-status": status}, b"0123456789") as server:
        store = create_s3_store(server.url)
        for head in (store.fetch(REF, 10).head, store.head(REF)):
            assert head.is_replica is is_replica
            assert head.has_visible_time is not is_replica


@both_stores
def test_a_tagging_request_that_the_http_client_sent_twice_may_be_carried_out_later(
    create_store: StoreFactory,
) -> None:
    with object_server({}) as server:
        create_store(server.url).replace_tags(REF, {"a": "1"})
        assert len(server.requests) == 1
    with object_server({}, unanswered_puts=1) as server:
        with pytest.raises(errors.ServiceUnavailableError):
            create_store(server.url).replace_tags(REF, {"a": "1"})
        assert len(server.requests) == 2
