"""The same tests on the in-memory store, on OSS, local and live, and on S3."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial

import httpx
import pytest
from PIL import Image

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectRef
from facescreen.storage.oss import OssStore
from facescreen.storage.ports import ListingPage, ObjectStore, iterate_objects
from facescreen.storage.s3 import S3Store
from facescreen.testing.stores import MemoryStore
from tests.contract.alibaba_services import ALIBABA_FIXTURES, SERVICE_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices, session
from tests.contract.object_writers import MemoryObjectWriter, ObjectWriter, OssObjectWriter
from tests.support.pictures import to_conforming_jpeg

UNREACHABLE = "http://127.0.0.1:9"
KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "./.hidden", "a?x=1&y#z.jpg"]


StoreAndWriter = tuple[ObjectStore, ObjectWriter]
StoreWithObject = tuple[ObjectStore, ObjectWriter, ObjectRef]


@pytest.fixture(params=["memory", *SERVICE_FIXTURES])
def store_and_writer(request: pytest.FixtureRequest) -> Iterator[StoreAndWriter]:
    if request.param == "memory":
        memory_store = MemoryStore(convert=to_conforming_jpeg)
        yield memory_store, MemoryObjectWriter(memory_store)
        return
    services = request.getfixturevalue(request.param)
    with services.object_writer(services.bucket) as object_writer:
        yield services.store(), object_writer


@pytest.fixture
def store_with_object(store_and_writer: StoreAndWriter) -> StoreWithObject:
    store, object_writer = store_and_writer
    return store, object_writer, object_writer.put("a.jpg", b"0123456789", {"team": "kyc"})


def test_a_download_is_the_whole_object(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    assert store.download(ref, convert=False) == b"0123456789"


def test_a_download_of_other_bytes_is_refused(store_with_object: StoreWithObject) -> None:
    store, object_writer, ref = store_with_object
    object_writer.put("a.jpg", b"others")
    with pytest.raises(errors.ObjectChangedError):
        store.download(ref, convert=False)


@pytest.mark.parametrize("store_and_writer", ["memory", *ALIBABA_FIXTURES], indirect=True)
def test_a_download_can_be_converted(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    picture = Image.new("RGB", (900, 1200), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif)
    data = store.download(object_writer.put("sideways.png", file.getvalue()), convert=True)
    converted = Image.open(io.BytesIO(data))
    assert (converted.format, converted.size) == ("JPEG", (960, 720))


def test_the_head_has_etag_size_revision_and_checksum(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    head = store.head(ref)
    assert (head.etag, head.size, head.version_id) == (ref.etag, 10, "")
    assert head.revision
    assert head.checksum


def test_an_overwrite_changes_the_head(store_with_object: StoreWithObject) -> None:
    store, object_writer, ref = store_with_object
    before = store.head(ref)
    object_writer.put("a.jpg", b"other")
    after = store.head(ref)
    assert before != after
    assert before.checksum != after.checksum


def test_a_range_can_be_read(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    assert store.read(ref, 0, 4) == b"0123"
    assert store.read(ref, 8, 100) == b"89"
    assert store.read(ref, 10, 1) == b""


def test_a_range_of_overwritten_bytes_is_refused(store_with_object: StoreWithObject) -> None:
    store, object_writer, ref = store_with_object
    object_writer.put("a.jpg", b"other")
    with pytest.raises(errors.ObjectChangedError):
        store.read(ref, 0, 4)


def test_tags_are_replaced_as_a_set(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    assert store.get_tags(ref) == {"team": "kyc"}
    before = store.head(ref)
    store.replace_tags(ref, {"deepfake-at": "2026-11-23T04:05:06Z", "a b+-=._:/": "x"})
    assert store.get_tags(ref) == {"deepfake-at": "2026-11-23T04:05:06Z", "a b+-=._:/": "x"}
    assert store.head(ref) == before


@pytest.mark.parametrize("store_and_writer", ["memory", *ALIBABA_FIXTURES], indirect=True)
def test_all_tags_can_be_removed(store_with_object: StoreWithObject) -> None:
    """moto fails on an empty set; tests/unit/storage checks that it is sent to S3."""
    store, _, ref = store_with_object
    store.replace_tags(ref, {})
    assert store.get_tags(ref) == {}


def test_a_listing_is_ordered_by_key_and_starts_after_any_key(
    store_and_writer: StoreAndWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("facescreen.storage.oss", "facescreen.storage.s3", "facescreen.testing.stores"):
        monkeypatch.setattr(f"{module}.MAX_OBJECTS_PER_PAGE", 3)
    store, object_writer = store_and_writer
    refs = [object_writer.put(f"in/{name}", b"x" * 7) for name in sorted(KEYS)]
    object_writer.put("beside.jpg", b"x")
    bucket, prefix = refs[0].bucket, object_writer.ref("in/").key

    def keys(after: str = "") -> list[str]:
        return [
            summary.key
            for summary in iterate_objects(partial(store.list_page, bucket, prefix), after)
        ]

    assert keys() == [ref.key for ref in refs]
    assert keys(refs[1].key) == [ref.key for ref in refs[2:]]
    assert len(store.list_page(bucket, prefix, "").objects) == 3
    assert store.list_page(bucket, object_writer.ref("none/").key, "") == ListingPage((), "")


@pytest.mark.parametrize("services", ALIBABA_FIXTURES, indirect=True)
def test_a_listing_skips_symlinks(
    services: AlibabaServices, object_writer: OssObjectWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facescreen.storage.oss.MAX_OBJECTS_PER_PAGE", 1)
    ref = object_writer.put("b.jpg", b"x")
    object_writer.put_symlink("a.jpg", "b.jpg")
    object_writer.put_symlink("c.jpg", "b.jpg")
    prefix = object_writer.ref("").key
    assert [
        summary.key
        for summary in iterate_objects(partial(services.store().list_page, ref.bucket, prefix))
    ] == [ref.key]


def test_a_listing_has_etag_size_and_last_modified(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    (summary,) = store.list_page(ref.bucket, ref.key, "").objects
    assert (summary.key, summary.etag, summary.size) == (ref.key, ref.etag, 10)
    assert abs(datetime.now(timezone.utc) - summary.last_modified) < timedelta(minutes=1)


def test_an_overwrite_removes_the_tags(store_with_object: StoreWithObject) -> None:
    store, object_writer, ref = store_with_object
    object_writer.put("a.jpg", b"other")
    assert store.get_tags(ref) == {}


def test_too_many_tags_are_refused(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    with pytest.raises(errors.TagsRefusedError):
        store.replace_tags(ref, {f"t{n}": "x" for n in range(11)})
    assert store.get_tags(ref) == {"team": "kyc"}


def test_every_operation_on_a_deleted_object_raises_not_found(
    store_with_object: StoreWithObject,
) -> None:
    store, object_writer, ref = store_with_object
    object_writer.delete("a.jpg")
    for operation in (
        lambda: store.head(ref),
        lambda: store.read(ref, 0, 1),
        lambda: store.get_tags(ref),
        lambda: store.replace_tags(ref, {"a": "b"}),
    ):
        with pytest.raises(errors.ObjectNotFoundError):
            operation()


@pytest.mark.parametrize("key", KEYS)
def test_objects_with_unusual_keys_can_be_used(store_and_writer: StoreAndWriter, key: str) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put(key, b"0123456789")
    assert store.head(ref).size == 10
    assert store.read(ref, 2, 3) == b"234"
    store.replace_tags(ref, {"a": "b"})
    assert store.get_tags(ref) == {"a": "b"}


@pytest.mark.parametrize("key", KEYS)
def test_a_presigned_url_returns_the_bytes(
    key: str, services: AlibabaServices | AwsServices, object_writer: ObjectWriter
) -> None:
    url = services.store().presign(object_writer.put(key, b"0123456789"), 60, convert=False)
    assert httpx.get(url).content == b"0123456789"
    assert url.startswith(services.store().public_origins)


def test_an_old_version_can_be_used_by_its_id(
    services: AlibabaServices | AwsServices, versioned_writer: ObjectWriter
) -> None:
    store = services.store()
    versioned_writer.put("a.jpg", b"old")
    ref = versioned_writer.ref("a.jpg")
    old_head = store.head(ref)
    pinned = replace(ref, version_id=old_head.version_id)
    versioned_writer.put("a.jpg", b"newer")
    assert old_head.version_id != store.head(ref).version_id
    assert store.head(pinned) == old_head
    assert store.read(pinned, 0, 9) == b"old"
    store.replace_tags(pinned, {"a": "old"})
    assert (store.get_tags(pinned), store.get_tags(ref)) == ({"a": "old"}, {})
    assert httpx.get(store.presign(pinned, 60, convert=False)).content == b"old"


def test_a_hostile_bucket_name_is_refused(services: AlibabaServices | AwsServices) -> None:
    for name in ("../selfies", "arn:aws:s3:eu-west-1:666666666666:accesspoint/theirs", ""):
        with pytest.raises(errors.InvalidEventError):
            services.store().head(ObjectRef("", name, "a.jpg"))


def test_a_missing_bucket_is_an_invalid_setting(services: AlibabaServices | AwsServices) -> None:
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        services.store().get_tags(ObjectRef("", f"facescreen-{uuid.uuid4().hex}", "a.jpg"))


def test_a_missing_key_that_looks_encoded_is_explained(
    services: AlibabaServices | AwsServices, object_writer: ObjectWriter
) -> None:
    with pytest.raises(errors.ObjectNotFoundError, match="its key contains"):
        services.store().head(object_writer.ref("no+such%20key"))


@pytest.mark.parametrize(
    "store",
    [
        OssStore(
            Credentials("id", "secret"),
            endpoint=UNREACHABLE,
            public_endpoint=UNREACHABLE,
            region="r",
        ),
        S3Store(session(), endpoint=UNREACHABLE),
    ],
)
def test_an_unreachable_store_is_a_transient_error(store: ObjectStore) -> None:
    with pytest.raises(errors.ServiceUnavailableError):
        store.head(ObjectRef("", "selfies", "a.jpg"))


@pytest.mark.parametrize("services", ALIBABA_FIXTURES, indirect=True)
class TestOssObjects:
    """Behaviour of OSS only."""

    def test_an_etag_is_in_upper_case(
        self, services: AlibabaServices, object_writer: ObjectWriter
    ) -> None:
        etag = services.store().head(object_writer.put("a.jpg", b"0123456789")).etag
        assert etag == etag.upper()

    def test_a_thumbnail_is_a_small_jpeg(
        self, services: AlibabaServices, object_writer: ObjectWriter
    ) -> None:
        file = io.BytesIO()
        Image.new("RGB", (900, 1200)).save(file, "PNG")
        url = services.store().presign_thumbnail(object_writer.put("a.png", file.getvalue()), 60)
        thumbnail = Image.open(io.BytesIO(httpx.get(url).content))
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (240, 320))

    def test_a_presigned_url_allows_only_to_read_its_object(
        self, services: AlibabaServices, object_writer: ObjectWriter
    ) -> None:
        url = services.store().presign(object_writer.put("a.jpg", b"0123456789"), 60, convert=False)
        assert httpx.put(url, content=b"x").status_code == 403
        assert httpx.get(url.replace("a.jpg", "b.jpg")).status_code == 403

    @pytest.mark.parametrize(
        "credentials", [Credentials("nobody", "x"), Credentials("STS.nobody", "x", "t")]
    )
    def test_an_unknown_access_key_is_refused(
        self, services: AlibabaServices, object_writer: ObjectWriter, credentials: Credentials
    ) -> None:
        with pytest.raises(errors.InvalidCredentialsError):
            services.store(credentials).get_tags(object_writer.ref("a.jpg"))

    def test_a_wrong_secret_is_not_shown(
        self, services: AlibabaServices, object_writer: ObjectWriter
    ) -> None:
        key = replace(services.credentials, access_key_secret="wr0ngsecret")
        with pytest.raises(errors.InvalidCredentialsError) as raised:
            services.store(key).get_tags(object_writer.ref("a.jpg"))
        message = str(raised.value)
        assert "SignatureDoesNotMatch" in message
        assert key.access_key_id not in message
        assert "wr0ng" not in message


class TestS3Objects:
    """Behaviour of S3 only."""

    def test_an_archived_object_is_unreadable(self, aws: AwsServices) -> None:
        aws.client("s3").put_object(
            Bucket=aws.bucket, Key="old.jpg", Body=b"x", StorageClass="GLACIER"
        )
        ref = ObjectRef("s3", aws.bucket, "old.jpg")
        assert aws.store().head(ref).size == 1
        with pytest.raises(errors.ContentError, match="UnreadableArchive"):
            aws.store().read(ref, 0, 1)

    def test_a_thumbnail_url_returns_the_object_itself(self, aws: AwsServices) -> None:
        with aws.object_writer(aws.bucket) as object_writer:
            url = aws.store().presign_thumbnail(object_writer.put("a.jpg", b"0123456789"), 60)
        assert httpx.get(url).content == b"0123456789"

    def test_a_conversion_is_refused(self, aws: AwsServices) -> None:
        ref = ObjectRef("s3", aws.bucket, "a.jpg")
        with pytest.raises(errors.RequestRejectedError, match="can't convert images"):
            aws.store().download(ref, convert=True)
        with pytest.raises(errors.RequestRejectedError, match="can't convert images"):
            aws.store().presign(ref, 60, convert=True)
