"""The same tests on the fake store, on OSS by oss2, local and live, and on S3 by boto3."""

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
from tests.contract.aws import AwsPlace, session
from tests.contract.objects import MemoryObjects, Objects, OssObjects
from tests.contract.place import ALIBABA, REAL, Place
from tests.support.pictures import to_conforming_jpeg

NOWHERE = "http://127.0.0.1:9"
KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "./.hidden", "a?x=1&y#z.jpg"]


Both = tuple[ObjectStore, Objects]
Stored = tuple[ObjectStore, Objects, ObjectRef]


@pytest.fixture(params=["fake", *REAL])
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    if request.param == "fake":
        fake = MemoryStore(convert=to_conforming_jpeg)
        yield fake, MemoryObjects(fake)
        return
    place = request.getfixturevalue(request.param)
    with place.objects(place.bucket) as made:
        yield place.store(), made


@pytest.fixture
def stored(both: Both) -> Stored:
    store, objects = both
    return store, objects, objects.put("a.jpg", b"0123456789", {"team": "kyc"})


def test_a_download_is_the_whole_object(stored: Stored) -> None:
    store, _, ref = stored
    assert store.download(ref, convert=False) == b"0123456789"


def test_a_download_of_other_bytes_is_refused(stored: Stored) -> None:
    store, objects, ref = stored
    objects.put("a.jpg", b"others")
    with pytest.raises(errors.ObjectChangedError):
        store.download(ref, convert=False)


@pytest.mark.parametrize("both", ["fake", *ALIBABA], indirect=True)
def test_a_download_is_converted_on_the_way(both: Both) -> None:
    store, objects = both
    picture = Image.new("RGB", (900, 1200), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    held = io.BytesIO()
    picture.save(held, "PNG", exif=exif)
    data = store.download(objects.put("sideways.png", held.getvalue()), convert=True)
    converted = Image.open(io.BytesIO(data))
    assert (converted.format, converted.size) == ("JPEG", (960, 720))


def test_head(stored: Stored) -> None:
    store, _, ref = stored
    head = store.head(ref)
    assert (head.etag, head.size, head.version_id) == (ref.etag, 10, "")
    assert head.revision
    assert head.checksum


def test_another_write_of_other_bytes_shows_in_the_head(stored: Stored) -> None:
    store, objects, ref = stored
    before = store.head(ref)
    objects.put("a.jpg", b"other")
    after = store.head(ref)
    assert before != after
    assert before.checksum != after.checksum


def test_ranges(stored: Stored) -> None:
    store, _, ref = stored
    assert store.read(ref, 0, 4) == b"0123"
    assert store.read(ref, 8, 100) == b"89"
    assert store.read(ref, 10, 1) == b""


def test_a_range_is_of_the_bytes_that_the_etag_names(stored: Stored) -> None:
    store, objects, ref = stored
    objects.put("a.jpg", b"other")
    with pytest.raises(errors.ObjectChangedError):
        store.read(ref, 0, 4)


def test_tags_are_replaced_as_a_set(stored: Stored) -> None:
    store, _, ref = stored
    assert store.get_tags(ref) == {"team": "kyc"}
    before = store.head(ref)
    store.replace_tags(ref, {"deepfake-at": "2026-11-23T04:05:06Z", "a b+-=._:/": "x"})
    assert store.get_tags(ref) == {"deepfake-at": "2026-11-23T04:05:06Z", "a b+-=._:/": "x"}
    assert store.head(ref) == before


@pytest.mark.parametrize("both", ["fake", *ALIBABA], indirect=True)
def test_the_last_tag_goes(stored: Stored) -> None:
    """moto fails at an empty set; tests/unit/storage shows that S3 is sent one."""
    store, _, ref = stored
    store.replace_tags(ref, {})
    assert store.get_tags(ref) == {}


def test_a_listing_goes_by_key_from_any_point(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("facescreen.storage.oss", "facescreen.storage.s3", "facescreen.testing.stores"):
        monkeypatch.setattr(f"{module}.MAX_LISTED_OBJECTS", 3)
    store, made = both
    put = [made.put(f"in/{name}", b"x" * 7) for name in sorted(KEYS)]
    made.put("beside.jpg", b"x")
    bucket, prefix = put[0].bucket, made.ref("in/").key

    def keys(after: str = "") -> list[str]:
        return [one.key for one in iterate_objects(partial(store.list_page, bucket, prefix), after)]

    assert keys() == [ref.key for ref in put]
    assert keys(put[1].key) == [ref.key for ref in put[2:]]
    assert len(store.list_page(bucket, prefix, "").objects) == 3
    assert store.list_page(bucket, made.ref("none/").key, "") == ListingPage((), "")


@pytest.mark.parametrize("place", ALIBABA, indirect=True)
def test_a_listing_passes_over_symlinks(
    place: Place, objects: OssObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facescreen.storage.oss.MAX_LISTED_OBJECTS", 1)
    ref = objects.put("b.jpg", b"x")
    objects.link("a.jpg", "b.jpg")
    objects.link("c.jpg", "b.jpg")
    prefix = objects.ref("").key
    assert [
        one.key for one in iterate_objects(partial(place.store().list_page, ref.bucket, prefix))
    ] == [ref.key]


def test_a_listing_says_what_stands_there_and_since_when(stored: Stored) -> None:
    store, _, ref = stored
    (one,) = store.list_page(ref.bucket, ref.key, "").objects
    assert (one.key, one.etag, one.size) == (ref.key, ref.etag, 10)
    assert abs(datetime.now(timezone.utc) - one.last_modified) < timedelta(minutes=1)


def test_an_overwrite_drops_the_tags(stored: Stored) -> None:
    store, objects, ref = stored
    objects.put("a.jpg", b"other")
    assert store.get_tags(ref) == {}


def test_too_many_tags_are_refused(stored: Stored) -> None:
    store, _, ref = stored
    with pytest.raises(errors.TagsRefusedError):
        store.replace_tags(ref, {f"t{n}": "x" for n in range(11)})
    assert store.get_tags(ref) == {"team": "kyc"}


def test_what_is_gone_is_gone_for_each_operation(stored: Stored) -> None:
    store, objects, ref = stored
    objects.delete("a.jpg")
    for operation in (
        lambda: store.head(ref),
        lambda: store.read(ref, 0, 1),
        lambda: store.get_tags(ref),
        lambda: store.replace_tags(ref, {"a": "b"}),
    ):
        with pytest.raises(errors.ObjectNotFoundError):
            operation()


@pytest.mark.parametrize("key", KEYS)
def test_odd_keys(both: Both, key: str) -> None:
    store, objects = both
    ref = objects.put(key, b"0123456789")
    assert store.head(ref).size == 10
    assert store.read(ref, 2, 3) == b"234"
    store.replace_tags(ref, {"a": "b"})
    assert store.get_tags(ref) == {"a": "b"}


@pytest.mark.parametrize("key", KEYS)
def test_a_presigned_url_gives_the_bytes(
    key: str, place: Place | AwsPlace, objects: Objects
) -> None:
    url = place.store().presign(objects.put(key, b"0123456789"), 60, convert=False)
    assert httpx.get(url).content == b"0123456789"
    assert url.startswith(place.store().public_origins)


def test_versions_are_pinned(place: Place | AwsPlace, versioned: Objects) -> None:
    store = place.store()
    versioned.put("a.jpg", b"old")
    ref = versioned.ref("a.jpg")
    old = store.head(ref)
    pinned = replace(ref, version_id=old.version_id)
    versioned.put("a.jpg", b"newer")
    assert old.version_id != store.head(ref).version_id
    assert store.head(pinned) == old
    assert store.read(pinned, 0, 9) == b"old"
    store.replace_tags(pinned, {"a": "old"})
    assert (store.get_tags(pinned), store.get_tags(ref)) == ({"a": "old"}, {})
    assert httpx.get(store.presign(pinned, 60, convert=False)).content == b"old"


def test_a_bucket_name_from_a_hostile_event(place: Place | AwsPlace) -> None:
    for name in ("../selfies", "arn:aws:s3:eu-west-1:666666666666:accesspoint/theirs", ""):
        with pytest.raises(errors.InvalidEventError):
            place.store().head(ObjectRef("", name, "a.jpg"))


def test_a_missing_bucket_is_the_settings_matter(place: Place | AwsPlace) -> None:
    with pytest.raises(errors.InvalidSettingsError, match="NoSuchBucket"):
        place.store().get_tags(ObjectRef("", f"facescreen-{uuid.uuid4().hex}", "a.jpg"))


def test_a_key_that_may_be_encoded_says_so(place: Place | AwsPlace, objects: Objects) -> None:
    with pytest.raises(errors.ObjectNotFoundError, match="its key holds"):
        place.store().head(objects.ref("no+such%20key"))


@pytest.mark.parametrize(
    "store",
    [
        OssStore(
            Credentials("id", "secret"), endpoint=NOWHERE, public_endpoint=NOWHERE, region="r"
        ),
        S3Store(session(), endpoint=NOWHERE),
    ],
)
def test_an_unreachable_store_is_passing(store: ObjectStore) -> None:
    with pytest.raises(errors.ServiceUnavailableError):
        store.head(ObjectRef("", "selfies", "a.jpg"))


@pytest.mark.parametrize("place", ALIBABA, indirect=True)
class TestOss:
    """What only OSS does."""

    def test_an_etag_is_in_upper_case(self, place: Place, objects: Objects) -> None:
        etag = place.store().head(objects.put("a.jpg", b"0123456789")).etag
        assert etag == etag.upper()

    def test_a_thumbnail_is_a_small_jpeg(self, place: Place, objects: Objects) -> None:
        held = io.BytesIO()
        Image.new("RGB", (900, 1200)).save(held, "PNG")
        url = place.store().presign_thumbnail(objects.put("a.png", held.getvalue()), 60)
        small = Image.open(io.BytesIO(httpx.get(url).content))
        assert (small.format, small.size) == ("JPEG", (240, 320))

    def test_a_presigned_url_is_for_reading_alone(self, place: Place, objects: Objects) -> None:
        url = place.store().presign(objects.put("a.jpg", b"0123456789"), 60, convert=False)
        assert httpx.put(url, content=b"x").status_code == 403
        assert httpx.get(url.replace("a.jpg", "b.jpg")).status_code == 403

    @pytest.mark.parametrize(
        "credentials", [Credentials("nobody", "x"), Credentials("STS.nobody", "x", "t")]
    )
    def test_unknown_keys(self, place: Place, objects: Objects, credentials: Credentials) -> None:
        with pytest.raises(errors.InvalidCredentialsError):
            place.store(credentials).get_tags(objects.ref("a.jpg"))

    def test_a_wrong_secret_does_not_show(self, place: Place, objects: Objects) -> None:
        key = replace(place.credentials, access_key_secret="wr0ngsecret")
        with pytest.raises(errors.InvalidCredentialsError) as raised:
            place.store(key).get_tags(objects.ref("a.jpg"))
        shown = str(raised.value)
        assert "SignatureDoesNotMatch" in shown
        assert key.access_key_id not in shown
        assert "wr0ng" not in shown


class TestS3:
    """What only S3 does."""

    def test_an_archived_object_is_the_contents_matter(self, aws: AwsPlace) -> None:
        aws.client("s3").put_object(
            Bucket=aws.bucket, Key="old.jpg", Body=b"x", StorageClass="GLACIER"
        )
        ref = ObjectRef("s3", aws.bucket, "old.jpg")
        assert aws.store().head(ref).size == 1
        with pytest.raises(errors.ContentError, match="UnreadableArchive"):
            aws.store().read(ref, 0, 1)

    def test_a_thumbnail_is_the_object(self, aws: AwsPlace) -> None:
        with aws.objects(aws.bucket) as objects:
            url = aws.store().presign_thumbnail(objects.put("a.jpg", b"0123456789"), 60)
        assert httpx.get(url).content == b"0123456789"

    def test_a_conversion_is_refused(self, aws: AwsPlace) -> None:
        ref = ObjectRef("s3", aws.bucket, "a.jpg")
        with pytest.raises(errors.RequestRejectedError, match="converts no images"):
            aws.store().download(ref, convert=True)
        with pytest.raises(errors.RequestRejectedError, match="converts no images"):
            aws.store().presign(ref, 60, convert=True)
