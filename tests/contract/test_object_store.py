"""The same tests on the in-memory store, on OSS, local and live, and on S3."""

from __future__ import annotations

import gzip
import io
import uuid
from dataclasses import replace
from functools import partial

import httpx
import pytest
from PIL import Image

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.model import ObjectRef, ObjectType
from facescreen.storage.heads import ReaderMetadata
from facescreen.storage.oss.object_store import OssStore
from facescreen.storage.ports import FIRST_BYTES, ListingPage, ObjectStore, iterate_objects
from facescreen.storage.s3 import S3Store
from tests.contract.alibaba_services import ALIBABA_FIXTURES, AlibabaServices
from tests.contract.aws_services import AwsServices, session
from tests.contract.object_stores import OSS_STORES, OssStoreAndWriter, StoreAndWriter
from tests.contract.object_writers import ObjectWriter
from tests.support.page_limits import limit_pages
from tests.support.pictures import damage_pixels

UNREACHABLE = "http://127.0.0.1:9"
KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "./.hidden", "a?x=1&y#z.jpg"]


StoreWithObject = tuple[ObjectStore, ObjectWriter, ObjectRef]


@pytest.fixture
def store_with_object(store_and_writer: StoreAndWriter) -> StoreWithObject:
    store, object_writer = store_and_writer
    return store, object_writer, object_writer.put("a.jpg", b"0123456789", {"team": "kyc"})


def test_a_fetch_returns_the_head_and_all_bytes(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    fetched = store.fetch(ref, 10)
    assert fetched.data == b"0123456789"
    head = store.head(ref)
    assert replace(fetched.head, date=head.date) == head
    assert (head.etag, head.size, head.version_id) == (ref.etag, 10, "")


def test_a_fetch_of_an_object_that_is_too_large_returns_its_first_bytes(
    store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = store_and_writer
    data = bytes(range(256)) * (FIRST_BYTES // 128)
    ref = object_writer.put("a.jpg", data)
    assert store.fetch(ref, len(data)).data == data
    fetched = store.fetch(ref, len(data) - 1)
    assert fetched.data == data[:FIRST_BYTES]
    assert fetched.head.size == len(data)


def test_an_empty_object_can_be_fetched(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    fetched = store.fetch(object_writer.put("a.jpg", b""), 10)
    assert (fetched.data, fetched.head.size) == (b"", 0)


def test_a_fetch_returns_the_current_object(store_with_object: StoreWithObject) -> None:
    store, object_writer, ref = store_with_object
    newer = object_writer.put("a.jpg", b"others")
    fetched = store.fetch(ref, 10)
    assert (fetched.data, fetched.head.etag) == (b"others", newer.etag)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "aws-chunked, GZIP"])
def test_an_object_that_readers_decode_is_unreadable(
    store_and_writer: StoreAndWriter, encoding: str
) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put(
        "a.jpg", gzip.compress(b"0123456789"), metadata=ReaderMetadata(content_encoding=encoding)
    )
    with pytest.raises(errors.ContentError) as raised:
        store.fetch(ref, 100)
    assert raised.value.code == "UnreadableEncoding"
    assert store.head(ref).size == len(gzip.compress(b"0123456789"))


def test_an_encoding_that_no_reader_decodes_changes_nothing(
    store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put(
        "a.jpg", b"0123456789", metadata=ReaderMetadata(content_encoding="base64")
    )
    assert store.fetch(ref, 100).data == b"0123456789"


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        (ReaderMetadata(redirect_location="/others/b.jpg"), "WebsiteRedirect"),
        (ReaderMetadata(redirect_location="https://example.com/b.jpg"), "WebsiteRedirect"),
        *(
            (ReaderMetadata(content_type=content_type), "MisleadingContentType")
            for content_type in (
                "multipart/x-mixed-replace; boundary=part",
                "image/jpeg, Multipart/X-Mixed-Replace;boundary=part",
                "text/html; charset=utf-8",
                "Application/PDF",
            )
        ),
    ],
)
def test_an_object_whose_metadata_mislead_readers_is_unreadable(
    store_and_writer: StoreAndWriter, metadata: ReaderMetadata, code: str
) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("a.jpg", b"0123456789", metadata=metadata)
    with pytest.raises(errors.ContentError) as raised:
        store.fetch(ref, 100)
    assert raised.value.code == code
    assert store.head(ref).size == 10


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "application/octet-stream", "multipart/form-data", "jpg", "*/*"]
)
def test_other_types_change_nothing(store_and_writer: StoreAndWriter, content_type: str) -> None:
    store, object_writer = store_and_writer
    metadata = ReaderMetadata(content_type=content_type)
    ref = object_writer.put("a.jpg", b"0123456789", metadata=metadata)
    assert store.fetch(ref, 100).data == b"0123456789"


def test_a_range_is_of_the_stored_bytes(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    stored = gzip.compress(b"0" * 1000)
    ref = object_writer.put("a.jpg", stored, metadata=ReaderMetadata(content_encoding="gzip"))
    assert store.read(ref, 0, 1000) == stored


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
def test_an_image_can_be_converted(store_and_writer: StoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("sideways.png", encode_sideways_png())
    converted = Image.open(io.BytesIO(store.convert(ref)))
    assert (converted.format, converted.size) == ("JPEG", (960, 720))
    object_writer.put("sideways.png", b"others")
    with pytest.raises(errors.ObjectChangedError):
        store.convert(ref)


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
def test_an_image_that_oss_can_not_convert_is_unscreenable(
    store_and_writer: StoreAndWriter,
) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("damaged.png", damage_pixels(encode_sideways_png()))
    with pytest.raises(errors.ContentError) as raised:
        store.convert(ref)
    assert raised.value.code == "UnqualifiedPhoto"


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
    assert store.head(ref).revision == before.revision


@pytest.mark.parametrize("store_and_writer", ["memory-s3", *OSS_STORES], indirect=True)
def test_all_tags_can_be_removed(store_with_object: StoreWithObject) -> None:
    """moto fails on an empty set; tests/unit/storage checks that it is sent to S3."""
    store, _, ref = store_with_object
    store.replace_tags(ref, {})
    assert store.get_tags(ref) == {}


def test_a_listing_is_ordered_by_key_and_starts_after_any_key(
    store_and_writer: StoreAndWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_pages(monkeypatch, max_objects=3)
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


@pytest.mark.parametrize("store_and_writer", OSS_STORES, indirect=True)
def test_a_listing_has_every_type_of_object(store_and_writer: OssStoreAndWriter) -> None:
    store, object_writer = store_and_writer
    ref = object_writer.put("normal.jpg", b"x")
    object_writer.append("appendable.jpg", b"x")
    object_writer.put_symlink("symlink.jpg", "normal.jpg")
    object_writer.put_in_parts("multipart.jpg", b"x")
    summaries = store.list_page(ref.bucket, object_writer.ref("").key, "").objects
    assert [summary.object_type for summary in summaries] == [
        ObjectType.APPENDABLE,
        ObjectType.MULTIPART,
        ObjectType.NORMAL,
        ObjectType.SYMLINK,
    ]


def test_a_listing_has_etag_size_and_last_modified(store_with_object: StoreWithObject) -> None:
    store, _, ref = store_with_object
    (summary,) = store.list_page(ref.bucket, ref.key, "").objects
    assert (summary.key, summary.etag, summary.size) == (ref.key, ref.etag, 10)
    assert summary.last_modified == store.head(ref).last_modified
    assert summary.object_type is ObjectType.NORMAL


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
        lambda: store.fetch(ref, 10),
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
        for operation in (
            lambda: aws.store().read(ref, 0, 1),
            lambda: aws.store().fetch(ref, 10),
        ):
            with pytest.raises(errors.ContentError) as raised:
                operation()
            assert raised.value.code == "UnreadableArchive"

    def test_a_thumbnail_url_returns_the_object_itself(self, aws: AwsServices) -> None:
        with aws.object_writer(aws.bucket) as object_writer:
            url = aws.store().presign_thumbnail(object_writer.put("a.jpg", b"0123456789"), 60)
        assert httpx.get(url).content == b"0123456789"

    def test_a_conversion_is_refused(self, aws: AwsServices) -> None:
        ref = ObjectRef("s3", aws.bucket, "a.jpg")
        with pytest.raises(errors.RequestRejectedError, match="can't convert images"):
            aws.store().convert(ref)
        with pytest.raises(errors.RequestRejectedError, match="can't convert images"):
            aws.store().presign(ref, 60, convert=True)


def encode_sideways_png() -> bytes:
    """A PNG of 900 by 1200 pixels that its EXIF turns."""
    picture = Image.new("RGB", (900, 1200), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif)
    return file.getvalue()
