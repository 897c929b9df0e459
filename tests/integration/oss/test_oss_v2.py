"""The vendor's newer SDK, alibabacloud-oss-v2, as it is, under both signature versions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import alibabacloud_oss_v2 as oss
import httpx
import pytest
import requests
from alibabacloud_oss_v2.credentials import StaticCredentialsProvider
from alibabacloud_oss_v2.transport import RequestsHttpClient

from tests.integration.oss.conftest import REGION, Cloud

# Not "a/../b": requests takes the dots out of the path that this SDK has signed.
ODD_KEYS = ["a+b c%25é😀.jpg", "x//y", "a%2Fb", "tab\tline\n", "q?versionId=1&x#f", "<&>\"'"]
PART = b"1" * 100 * 1024


class Client:
    """An SDK client for one bucket: ``client.put_object(key="k")``."""

    def __init__(self, client: oss.Client, bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name = "".join(word.capitalize() for word in operation.split("_"))
        request = getattr(oss, f"{name}Request")
        call = getattr(self.client, operation)
        return lambda **given: call(request(bucket=self.bucket, **given))

    def pages(self, operation: str, **given: Any) -> Iterator[Any]:
        name = "".join(word.capitalize() for word in operation.split("_"))
        request = getattr(oss, f"{name}Request")(bucket=self.bucket, **given)
        yield from getattr(self.client, f"{operation}_paginator")().iter_page(request)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def client(cloud: Cloud, session: requests.Session, signer: str) -> Client:
    key = cloud.identity.key
    config = oss.Config(
        region=REGION,
        endpoint=cloud.service.url,
        signature_version=signer,
        credentials_provider=StaticCredentialsProvider(key.access_key_id, key.access_key_secret),
        retry_max_attempts=1,
        http_client=RequestsHttpClient(session=session),
    )
    return Client(oss.Client(config), f"n-{uuid.uuid4().hex}")


@pytest.fixture
def plain(cloud: Cloud, client: Client) -> Client:
    """With a bucket that exists."""
    cloud.service.create_bucket(client.bucket)
    return client


@pytest.fixture
def versioned(cloud: Cloud, client: Client) -> Client:
    cloud.service.create_bucket(client.bucket, versioning=True)
    return client


def _error(call: Callable[[], Any]) -> Any:
    with pytest.raises(oss.exceptions.OperationError) as raised:
        call()
    return raised.value.unwrap()


def test_life_of_a_bucket(client: Client) -> None:
    assert not client.client.is_bucket_exist(client.bucket)
    client.put_bucket()
    assert client.client.is_bucket_exist(client.bucket)
    assert client.get_bucket_info().bucket_info.name == client.bucket
    assert client.get_bucket_location().location == f"oss-{REGION}"
    assert client.get_bucket_stat().object_count == 0
    client.put_bucket_versioning(
        versioning_configuration=oss.VersioningConfiguration(status="Suspended")
    )
    assert client.get_bucket_versioning().version_status == "Suspended"
    client.delete_bucket()


@pytest.mark.parametrize("key", ODD_KEYS)
def test_life_of_an_object(plain: Client, key: str) -> None:
    put = plain.put_object(
        key=key, body=b"bytes", content_type="image/jpeg", metadata={"who": "me"}, tagging="a=1"
    )
    got = plain.get_object(key=key)
    assert (got.body.read(), got.etag, got.hash_crc64) == (b"bytes", put.etag, put.hash_crc64)
    assert (got.content_type, got.metadata["who"], got.tagging_count) == ("image/jpeg", "me", 1)
    assert plain.head_object(key=key).content_length == 5
    assert plain.get_object_meta(key=key).etag == put.etag
    copied = plain.copy_object(key="copy", source_key=key)
    assert copied.etag == put.etag
    assert sorted(each.key for each in plain.list_objects_v2().contents) == sorted([key, "copy"])
    assert plain.delete_object(key=key).status_code == 204
    assert not plain.client.is_object_exist(plain.bucket, key)


def test_errors(plain: Client) -> None:
    for call in (plain.get_object, plain.head_object):
        error = _error(lambda call=call: call(key="nothing"))  # type: ignore[misc]
        assert (error.status_code, error.code) == (404, "NoSuchKey")
        assert error.request_id
    plain.put_object(key="k", body=b"bytes")
    error = _error(lambda: plain.put_object(key="k", body=b"new", forbid_overwrite=True))
    assert (error.status_code, error.code) == (409, "FileAlreadyExists")
    error = _error(lambda: plain.get_object(key="k", if_match='"other"'))
    assert (error.status_code, error.code) == (412, "PreconditionFailed")


def test_ranges(plain: Client) -> None:
    plain.put_object(key="digits", body=b"0123456789")
    for asked, behaviour, status, expected in (
        ("bytes=2-4", None, 206, b"234"),
        ("bytes=-3", None, 206, b"789"),
        ("bytes=0-65535", None, 200, b"0123456789"),
        ("bytes=6-65535", "standard", 206, b"6789"),
    ):
        got = plain.get_object(key="digits", range_header=asked, range_behavior=behaviour)
        assert (got.status_code, got.body.read()) == (status, expected)


def test_tags(plain: Client) -> None:
    plain.put_object(key="k", body=b"bytes")
    tags = [oss.Tag(key="deepfake-verdict", value="low_risk"), oss.Tag(key="b", value="x y")]
    plain.put_object_tagging(key="k", tagging=oss.Tagging(tag_set=oss.TagSet(tags=tags)))
    found = plain.get_object_tagging(key="k").tag_set.tags
    assert [(each.key, each.value) for each in found] == [
        ("deepfake-verdict", "low_risk"),
        ("b", "x y"),
    ]
    plain.delete_object_tagging(key="k")
    assert not plain.get_object_tagging(key="k").tag_set.tags


def test_append(plain: Client) -> None:
    first = plain.append_object(key="log", position=0, body=b"abc", init_hash_crc64=0)
    crc = first.hash_crc64
    second = plain.append_object(
        key="log", position=first.next_position, body=b"de", init_hash_crc64=crc
    )
    assert second.next_position == 5
    assert plain.get_object(key="log").body.read() == b"abcde"
    error = _error(lambda: plain.append_object(key="log", position=3, body=b"x"))
    assert (error.status_code, error.code) == (409, "PositionNotEqualToLength")


def test_pages(plain: Client) -> None:
    keys = ["a", "b/1", "b/2", "é/+1", "é/2"]
    for key in keys:
        plain.put_object(key=key, body=b"")
    for operation in ("list_objects", "list_objects_v2"):
        pages = list(plain.pages(operation, max_keys=2))
        assert [each.key for page in pages for each in page.contents] == keys
        folders = list(plain.pages(operation, delimiter="/", max_keys=1))
        found = [each.prefix for page in folders for each in page.common_prefixes or []]
        assert found == ["b/", "é/"]


def test_bulk_deletion(plain: Client) -> None:
    for key in ODD_KEYS:
        plain.put_object(key=key, body=b"")
    deleted = plain.delete_multiple_objects(objects=[oss.DeleteObject(key=k) for k in ODD_KEYS])
    assert [each.key for each in deleted.deleted_objects] == ODD_KEYS
    assert not plain.list_objects_v2().contents
    quiet = plain.delete_multiple_objects(objects=[oss.DeleteObject(key="k")], quiet=True)
    assert not quiet.deleted_objects


def test_versions(versioned: Client) -> None:
    old, new = (versioned.put_object(key="é", body=body).version_id for body in (b"old", b"new"))
    marker = versioned.delete_object(key="é")
    assert marker.delete_marker
    pages = list(versioned.pages("list_object_versions", max_keys=1))
    found = [each.version_id for page in pages for each in page.version or []]
    markers = [each.version_id for page in pages for each in page.delete_marker or []]
    assert (found, markers) == ([new, old], [marker.version_id])
    assert versioned.get_object(key="é", version_id=old).body.read() == b"old"
    gone = [oss.DeleteObject(key="é", version_id=each) for each in (marker.version_id, new)]
    versioned.delete_multiple_objects(objects=gone)
    assert versioned.get_object(key="é").body.read() == b"old"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_multipart(plain: Client, key: str) -> None:
    upload = plain.initiate_multipart_upload(key=key)
    assert upload.key == key
    plain.put_object(key="from", body=b"0123456789")
    first = plain.upload_part(key=key, upload_id=upload.upload_id, part_number=1, body=PART)
    last = plain.upload_part_copy(
        key=key,
        upload_id=upload.upload_id,
        part_number=2,
        source_key="from",
        source_range="bytes=2-4",
    )
    pages = list(plain.pages("list_parts", key=key, upload_id=upload.upload_id, max_parts=1))
    assert [part.size for page in pages for part in page.parts] == [len(PART), 3]
    listed = list(plain.pages("list_multipart_uploads"))
    assert [each.key for page in listed for each in page.uploads] == [key]
    parts = [oss.UploadPart(part_number=n, etag=e) for n, e in ((1, first.etag), (2, last.etag))]
    done = plain.complete_multipart_upload(
        key=key,
        upload_id=upload.upload_id,
        complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts),
    )
    assert done.key == key
    assert plain.get_object(key=key).body.read() == PART + b"234"


def test_abort(plain: Client) -> None:
    upload = plain.initiate_multipart_upload(key="v")
    plain.abort_multipart_upload(key="v", upload_id=upload.upload_id)
    error = _error(lambda: plain.list_parts(key="v", upload_id=upload.upload_id))
    assert (error.status_code, error.code) == (404, "NoSuchUpload")


def test_access_and_symlinks(plain: Client, web: httpx.Client) -> None:
    plain.put_object(key="a+b é", body=b"bytes", acl="public-read")
    assert plain.get_object_acl(key="a+b é").acl == "public-read"
    assert web.get(f"/{plain.bucket}/a+b é").content == b"bytes"
    plain.put_object_acl(key="a+b é", acl="private")
    assert web.get(f"/{plain.bucket}/a+b é").status_code == 403
    plain.put_symlink(key="link", symlink_target="a%2Bb%20%C3%A9")
    assert plain.get_object(key="link").body.read() == b"bytes"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_presigned_get(versioned: Client, web: httpx.Client, key: str) -> None:
    old = versioned.put_object(key=key, body=b"old").version_id
    versioned.put_object(key=key, body=b"new")
    for version, expected in ((None, b"new"), (old, b"old")):
        request = oss.GetObjectRequest(bucket=versioned.bucket, key=key, version_id=version)
        assert web.get(versioned.client.presign(request).url).content == expected
