"""The vendor's newer SDK, alibabacloud-oss-v2, with both signature versions."""

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

from tests.integration.oss.conftest import REGION, OssCloud

# Not "a/../b": requests removes the dots from the path after this SDK has signed it.
ODD_KEYS = ["a+b c%25é😀.jpg", "x//y", "a%2Fb", "tab\tline\n", "q?versionId=1&x#f", "<&>\"'"]
PART = b"1" * 100 * 1024


class BucketClient:
    """An SDK client for one bucket: ``client.put_object(key="k")``."""

    def __init__(self, client: oss.Client, bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name = "".join(word.capitalize() for word in operation.split("_"))
        request = getattr(oss, f"{name}Request")
        call = getattr(self.client, operation)
        return lambda **fields: call(request(bucket=self.bucket, **fields))

    def pages(self, operation: str, **fields: Any) -> Iterator[Any]:
        name = "".join(word.capitalize() for word in operation.split("_"))
        request = getattr(oss, f"{name}Request")(bucket=self.bucket, **fields)
        yield from getattr(self.client, f"{operation}_paginator")().iter_page(request)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def client(cloud: OssCloud, session: requests.Session, signer: str) -> BucketClient:
    key = cloud.local_account.key
    config = oss.Config(
        region=REGION,
        endpoint=cloud.service.url,
        signature_version=signer,
        credentials_provider=StaticCredentialsProvider(key.access_key_id, key.access_key_secret),
        retry_max_attempts=1,
        http_client=RequestsHttpClient(session=session),
    )
    return BucketClient(oss.Client(config), f"n-{uuid.uuid4().hex}")


@pytest.fixture
def unversioned(cloud: OssCloud, client: BucketClient) -> BucketClient:
    """A client with an existing bucket without versions."""
    cloud.service.create_bucket(client.bucket)
    return client


@pytest.fixture
def versioned(cloud: OssCloud, client: BucketClient) -> BucketClient:
    cloud.service.create_bucket(client.bucket, versioning=True)
    return client


def _error(call: Callable[[], Any]) -> Any:
    with pytest.raises(oss.exceptions.OperationError) as raised:
        call()
    return raised.value.unwrap()


def test_a_bucket_is_created_and_deleted(client: BucketClient) -> None:
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
def test_an_object_is_written_read_copied_and_deleted(unversioned: BucketClient, key: str) -> None:
    put = unversioned.put_object(
        key=key, body=b"bytes", content_type="image/jpeg", metadata={"who": "me"}, tagging="a=1"
    )
    got = unversioned.get_object(key=key)
    assert (got.body.read(), got.etag, got.hash_crc64) == (b"bytes", put.etag, put.hash_crc64)
    assert (got.content_type, got.metadata["who"], got.tagging_count) == ("image/jpeg", "me", 1)
    assert unversioned.head_object(key=key).content_length == 5
    assert unversioned.get_object_meta(key=key).etag == put.etag
    copied = unversioned.copy_object(key="copy", source_key=key)
    assert copied.etag == put.etag
    assert sorted(each.key for each in unversioned.list_objects_v2().contents) == sorted(
        [key, "copy"]
    )
    assert unversioned.delete_object(key=key).status_code == 204
    assert not unversioned.client.is_object_exist(unversioned.bucket, key)


def test_errors_have_their_status_and_code(unversioned: BucketClient) -> None:
    for call in (unversioned.get_object, unversioned.head_object):
        error = _error(lambda call=call: call(key="nothing"))  # type: ignore[misc]
        assert (error.status_code, error.code) == (404, "NoSuchKey")
        assert error.request_id
    unversioned.put_object(key="k", body=b"bytes")
    error = _error(lambda: unversioned.put_object(key="k", body=b"new", forbid_overwrite=True))
    assert (error.status_code, error.code) == (409, "FileAlreadyExists")
    error = _error(lambda: unversioned.get_object(key="k", if_match='"other"'))
    assert (error.status_code, error.code) == (412, "PreconditionFailed")


def test_ranges_are_read_or_ignored(unversioned: BucketClient) -> None:
    unversioned.put_object(key="digits", body=b"0123456789")
    for byte_range, behaviour, status, expected in (
        ("bytes=2-4", None, 206, b"234"),
        ("bytes=-3", None, 206, b"789"),
        ("bytes=0-65535", None, 200, b"0123456789"),
        ("bytes=6-65535", "standard", 206, b"6789"),
    ):
        got = unversioned.get_object(
            key="digits", range_header=byte_range, range_behavior=behaviour
        )
        assert (got.status_code, got.body.read()) == (status, expected)


def test_tags_are_set_read_and_deleted(unversioned: BucketClient) -> None:
    unversioned.put_object(key="k", body=b"bytes")
    tags = [oss.Tag(key="deepfake-verdict", value="low_risk"), oss.Tag(key="b", value="x y")]
    unversioned.put_object_tagging(key="k", tagging=oss.Tagging(tag_set=oss.TagSet(tags=tags)))
    tags_read = unversioned.get_object_tagging(key="k").tag_set.tags
    assert [(each.key, each.value) for each in tags_read] == [
        ("deepfake-verdict", "low_risk"),
        ("b", "x y"),
    ]
    unversioned.delete_object_tagging(key="k")
    assert not unversioned.get_object_tagging(key="k").tag_set.tags


def test_an_object_can_be_appended_to(unversioned: BucketClient) -> None:
    first = unversioned.append_object(key="log", position=0, body=b"abc", init_hash_crc64=0)
    crc = first.hash_crc64
    second = unversioned.append_object(
        key="log", position=first.next_position, body=b"de", init_hash_crc64=crc
    )
    assert second.next_position == 5
    assert unversioned.get_object(key="log").body.read() == b"abcde"
    error = _error(lambda: unversioned.append_object(key="log", position=3, body=b"x"))
    assert (error.status_code, error.code) == (409, "PositionNotEqualToLength")


def test_objects_are_listed_in_pages(unversioned: BucketClient) -> None:
    keys = ["a", "b/1", "b/2", "é/+1", "é/2"]
    for key in keys:
        unversioned.put_object(key=key, body=b"")
    for operation in ("list_objects", "list_objects_v2"):
        pages = list(unversioned.pages(operation, max_keys=2))
        assert [each.key for page in pages for each in page.contents] == keys
        folders = list(unversioned.pages(operation, delimiter="/", max_keys=1))
        prefixes = [each.prefix for page in folders for each in page.common_prefixes or []]
        assert prefixes == ["b/", "é/"]


def test_objects_are_deleted_in_a_batch(unversioned: BucketClient) -> None:
    for key in ODD_KEYS:
        unversioned.put_object(key=key, body=b"")
    deleted = unversioned.delete_multiple_objects(
        objects=[oss.DeleteObject(key=k) for k in ODD_KEYS]
    )
    assert [each.key for each in deleted.deleted_objects] == ODD_KEYS
    assert not unversioned.list_objects_v2().contents
    quiet = unversioned.delete_multiple_objects(objects=[oss.DeleteObject(key="k")], quiet=True)
    assert not quiet.deleted_objects


def test_versions_are_listed_read_and_deleted(versioned: BucketClient) -> None:
    old, new = (versioned.put_object(key="é", body=body).version_id for body in (b"old", b"new"))
    marker = versioned.delete_object(key="é")
    assert marker.delete_marker
    pages = list(versioned.pages("list_object_versions", max_keys=1))
    version_ids = [each.version_id for page in pages for each in page.version or []]
    markers = [each.version_id for page in pages for each in page.delete_marker or []]
    assert (version_ids, markers) == ([new, old], [marker.version_id])
    assert versioned.get_object(key="é", version_id=old).body.read() == b"old"
    to_delete = [oss.DeleteObject(key="é", version_id=each) for each in (marker.version_id, new)]
    versioned.delete_multiple_objects(objects=to_delete)
    assert versioned.get_object(key="é").body.read() == b"old"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_multipart_upload_is_completed(unversioned: BucketClient, key: str) -> None:
    upload = unversioned.initiate_multipart_upload(key=key)
    assert upload.key == key
    unversioned.put_object(key="from", body=b"0123456789")
    first = unversioned.upload_part(key=key, upload_id=upload.upload_id, part_number=1, body=PART)
    last = unversioned.upload_part_copy(
        key=key,
        upload_id=upload.upload_id,
        part_number=2,
        source_key="from",
        source_range="bytes=2-4",
    )
    pages = list(unversioned.pages("list_parts", key=key, upload_id=upload.upload_id, max_parts=1))
    assert [part.size for page in pages for part in page.parts] == [len(PART), 3]
    upload_pages = list(unversioned.pages("list_multipart_uploads"))
    assert [each.key for page in upload_pages for each in page.uploads] == [key]
    parts = [oss.UploadPart(part_number=n, etag=e) for n, e in ((1, first.etag), (2, last.etag))]
    completed = unversioned.complete_multipart_upload(
        key=key,
        upload_id=upload.upload_id,
        complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts),
    )
    assert completed.key == key
    assert unversioned.get_object(key=key).body.read() == PART + b"234"


def test_an_aborted_upload_is_gone(unversioned: BucketClient) -> None:
    upload = unversioned.initiate_multipart_upload(key="v")
    unversioned.abort_multipart_upload(key="v", upload_id=upload.upload_id)
    error = _error(lambda: unversioned.list_parts(key="v", upload_id=upload.upload_id))
    assert (error.status_code, error.code) == (404, "NoSuchUpload")


def test_acls_and_symlinks_work(unversioned: BucketClient, web: httpx.Client) -> None:
    unversioned.put_object(key="a+b é", body=b"bytes", acl="public-read")
    assert unversioned.get_object_acl(key="a+b é").acl == "public-read"
    assert web.get(f"/{unversioned.bucket}/a+b é").content == b"bytes"
    unversioned.put_object_acl(key="a+b é", acl="private")
    assert web.get(f"/{unversioned.bucket}/a+b é").status_code == 403
    unversioned.put_symlink(key="link", symlink_target="a%2Bb%20%C3%A9")
    assert unversioned.get_object(key="link").body.read() == b"bytes"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_presigned_url_reads_a_version(
    versioned: BucketClient, web: httpx.Client, key: str
) -> None:
    old = versioned.put_object(key=key, body=b"old").version_id
    versioned.put_object(key=key, body=b"new")
    for version, expected in ((None, b"new"), (old, b"old")):
        request = oss.GetObjectRequest(bucket=versioned.bucket, key=key, version_id=version)
        assert web.get(versioned.client.presign(request).url).content == expected
