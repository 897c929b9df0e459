"""The same tests on the fake store and on OSS by oss2."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import httpx
import oss2
import pytest
from PIL import Image

from facescreen import errors
from facescreen.credentials import Credentials
from facescreen.storage import ObjectRef, ObjectStore
from facescreen.storage.oss import OssStore
from tests.fakes import MemoryStore

if TYPE_CHECKING:
    from infra.local.identity import Identity
    from infra.local.oss.server import OssService

KEYS = ["a.jpg", "kyc/é +%41/🙂 人.jpg", "a//b/../c.jpg", "./.hidden", "a?x=1&y#z.jpg"]


class Uploader(Protocol):
    def put(self, bucket: str, key: str, data: bytes, tags: dict[str, str] | None = None) -> str:
        """Writes an object and gives its ETag."""

    def delete(self, bucket: str, key: str) -> None:
        """Deletes it."""


class OssUploader:
    """Any client of OSS, with the account's own key."""

    def __init__(self, oss: OssService, identity: Identity) -> None:
        key = identity.key
        self._auth = oss2.AuthV4(key.access_key_id, key.access_key_secret)
        self._url = oss.url

    def bucket(self, name: str) -> oss2.Bucket:
        return oss2.Bucket(self._auth, self._url, name, region="ap-southeast-1")

    def put(self, bucket: str, key: str, data: bytes, tags: dict[str, str] | None = None) -> str:
        pairs = "&".join(f"{name}={value}" for name, value in (tags or {}).items())
        headers = {"x-oss-tagging": pairs} if pairs else {}
        etag: str = self.bucket(bucket).put_object(key, data, headers=headers).etag
        return etag

    def delete(self, bucket: str, key: str) -> None:
        self.bucket(bucket).delete_object(key)


Both = tuple[ObjectStore, Uploader]


def real(oss: OssService, credentials: Credentials) -> OssStore:
    return OssStore(credentials, endpoint=oss.url, public_endpoint=oss.url, region="ap-southeast-1")


@pytest.fixture(params=["fake", "oss"])
def both(request: pytest.FixtureRequest) -> Both:
    if request.param == "fake":
        fake = MemoryStore()
        return fake, fake
    oss = request.getfixturevalue("oss")
    uploader = OssUploader(oss, request.getfixturevalue("identity"))
    return real(oss, request.getfixturevalue("temporary")), uploader


@pytest.fixture
def stored(both: Both) -> tuple[ObjectStore, Uploader, ObjectRef]:
    store, uploader = both
    etag = uploader.put("selfies", "a.jpg", b"0123456789", {"team": "kyc"})
    return store, uploader, ObjectRef("oss", "selfies", "a.jpg", etag)


Stored = tuple[ObjectStore, Uploader, ObjectRef]


def test_a_download_is_the_whole_object(stored: Stored) -> None:
    store, _, ref = stored
    assert store.download(ref, convert=False) == b"0123456789"


def test_a_download_of_other_bytes_is_refused(stored: Stored) -> None:
    store, uploader, ref = stored
    uploader.put("selfies", "a.jpg", b"others")
    with pytest.raises(errors.ObjectChanged):
        store.download(ref, convert=False)


def test_a_download_is_converted_on_the_way(both: Both) -> None:
    store, uploader = both
    picture = Image.new("RGB", (900, 1200), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    held = io.BytesIO()
    picture.save(held, "PNG", exif=exif)
    etag = uploader.put("selfies", "sideways.png", held.getvalue())
    data = store.download(ObjectRef("oss", "selfies", "sideways.png", etag), convert=True)
    converted = Image.open(io.BytesIO(data))
    assert (converted.format, converted.size) == ("JPEG", (960, 720))


def test_head(stored: Stored) -> None:
    store, _, ref = stored
    head = store.head(ref)
    assert (head.etag, head.size, head.version_id) == (ref.etag, 10, "")
    assert head.etag == head.etag.upper()
    assert head.write
    assert head.checksum


def test_another_write_of_other_bytes_shows_in_the_head(stored: Stored) -> None:
    store, uploader, ref = stored
    before = store.head(ref)
    uploader.put("selfies", "a.jpg", b"other")
    after = store.head(ref)
    assert before != after
    assert before.checksum != after.checksum


def test_ranges(stored: Stored) -> None:
    store, _, ref = stored
    assert store.read(ref, 0, 4) == b"0123"
    assert store.read(ref, 8, 100) == b"89"
    assert store.read(ref, 10, 1) == b""


def test_a_range_is_of_the_bytes_that_the_etag_names(stored: Stored) -> None:
    store, uploader, ref = stored
    uploader.put("selfies", "a.jpg", b"other")
    with pytest.raises(errors.ObjectChanged):
        store.read(ref, 0, 4)


def test_tags_are_replaced_as_a_set(stored: Stored) -> None:
    store, _, ref = stored
    assert store.tags(ref) == {"team": "kyc"}
    before = store.head(ref)
    store.replace_tags(ref, {"deepfake-at": "2026-11-23T04:05:06Z", "a b+-=._:/": "x"})
    assert store.tags(ref) == {"deepfake-at": "2026-11-23T04:05:06Z", "a b+-=._:/": "x"}
    assert store.head(ref) == before
    store.replace_tags(ref, {})
    assert store.tags(ref) == {}


def test_an_overwrite_drops_the_tags(stored: Stored) -> None:
    store, uploader, ref = stored
    uploader.put("selfies", "a.jpg", b"other")
    assert store.tags(ref) == {}


def test_too_many_tags_are_refused(stored: Stored) -> None:
    store, _, ref = stored
    with pytest.raises(errors.TagsRefused):
        store.replace_tags(ref, {f"t{n}": "x" for n in range(11)})
    assert store.tags(ref) == {"team": "kyc"}


def test_what_is_gone_is_gone_for_each_operation(stored: Stored) -> None:
    store, uploader, ref = stored
    uploader.delete("selfies", "a.jpg")
    for operation in (
        lambda: store.head(ref),
        lambda: store.read(ref, 0, 1),
        lambda: store.tags(ref),
        lambda: store.replace_tags(ref, {"a": "b"}),
    ):
        with pytest.raises(errors.ObjectGone):
            operation()


@pytest.mark.parametrize("key", KEYS)
def test_odd_keys(both: Both, key: str) -> None:
    store, uploader = both
    ref = ObjectRef("oss", "selfies", key, uploader.put("selfies", key, b"0123456789"))
    assert store.head(ref).size == 10
    assert store.read(ref, 2, 3) == b"234"
    store.replace_tags(ref, {"a": "b"})
    assert store.tags(ref) == {"a": "b"}


class TestOss:
    """What only the real adapter can show."""

    @pytest.fixture
    def uploader(self, oss: OssService, identity: Identity) -> OssUploader:
        return OssUploader(oss, identity)

    @pytest.fixture
    def store(self, oss: OssService, temporary: Credentials) -> OssStore:
        return real(oss, temporary)

    @pytest.mark.parametrize("key", KEYS)
    def test_a_presigned_url_gives_the_bytes(
        self, key: str, store: OssStore, uploader: OssUploader
    ) -> None:
        uploader.put("selfies", key, b"0123456789")
        url = store.presign(ObjectRef("oss", "selfies", key), 60, convert=False)
        assert httpx.get(url).content == b"0123456789"

    def test_a_presigned_url_is_for_reading_alone(
        self, store: OssStore, uploader: OssUploader
    ) -> None:
        uploader.put("selfies", "a.jpg", b"0123456789")
        url = store.presign(ObjectRef("oss", "selfies", "a.jpg"), 60, convert=False)
        assert httpx.put(url, content=b"x").status_code == 403
        assert httpx.get(url.replace("a.jpg", "b.jpg")).status_code == 403

    def test_versions_are_pinned(self, store: OssStore, uploader: OssUploader) -> None:
        uploader.put("versioned", "a.jpg", b"old")
        ref = ObjectRef("oss", "versioned", "a.jpg")
        old = store.head(ref)
        pinned = replace(ref, version_id=old.version_id)
        uploader.put("versioned", "a.jpg", b"newer")
        assert old.version_id != store.head(ref).version_id
        assert store.head(pinned) == old
        assert store.read(pinned, 0, 9) == b"old"
        store.replace_tags(pinned, {"a": "old"})
        assert (store.tags(pinned), store.tags(ref)) == ({"a": "old"}, {})
        assert httpx.get(store.presign(pinned, 60, convert=False)).content == b"old"

    @pytest.mark.parametrize(
        ("credentials", "error"),
        [
            (Credentials("nobody", "x"), errors.BadCredentials),
            (Credentials("STS.nobody", "x", "t"), errors.BadCredentials),
        ],
    )
    def test_whose_matter_it_is(
        self, oss: OssService, credentials: Credentials, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            real(oss, credentials).tags(ObjectRef("oss", "selfies", "a.jpg"))

    def test_a_wrong_secret_does_not_show(self, oss: OssService, identity: Identity) -> None:
        key = Credentials(identity.key.access_key_id, "wr0ngsecret")
        with pytest.raises(errors.BadCredentials) as raised:
            real(oss, key).tags(ObjectRef("oss", "selfies", "a.jpg"))
        shown = str(raised.value)
        assert "SignatureDoesNotMatch" in shown
        assert key.access_key_id not in shown
        assert "wr0ng" not in shown

    def test_an_unreachable_store_is_passing(self, temporary: Credentials) -> None:
        store = OssStore(
            temporary, endpoint="http://127.0.0.1:9", public_endpoint="http://127.0.0.1:9",
            region="r",
        )  # fmt: skip
        with pytest.raises(errors.Unavailable):
            store.head(ObjectRef("oss", "selfies", "a.jpg"))

    def test_a_bucket_name_from_a_hostile_event(self, store: OssStore) -> None:
        with pytest.raises(errors.BadEvent):
            store.head(ObjectRef("oss", "../selfies", "a.jpg"))

    def test_a_key_that_may_be_encoded_says_so(self, store: OssStore) -> None:
        with pytest.raises(errors.ObjectGone, match="its key holds"):
            store.head(ObjectRef("oss", "selfies", "no+such%20key"))
