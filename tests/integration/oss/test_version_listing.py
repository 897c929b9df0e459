"""ListObjectVersions: order, delete markers, prefixes and complete pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.oss.conftest import OssCloud


def list_every_version(bucket: Any, page_size: int, **params: str) -> Iterator[tuple[str, str]]:
    """Yield key and version id of all pages. Common prefixes have an empty version id."""
    markers = {"key_marker": "", "versionid_marker": ""}
    while True:
        page = bucket.list_object_versions(max_keys=page_size, **params, **markers)
        entries = [(each.key, each.versionid) for each in page.versions + page.delete_marker]
        entries += [(prefix, "") for prefix in page.common_prefix]
        assert len(entries) == page_size or not page.is_truncated
        yield from entries
        if not page.is_truncated:
            return
        markers = {
            "key_marker": page.next_key_marker,
            "versionid_marker": page.next_versionid_marker,
        }


def test_versions_are_listed_newest_first(versioned: Any) -> None:
    old, new = (versioned.put_object("é/1", body).versionid for body in (b"old", b"newer"))
    other = versioned.put_object("a", b"other").versionid
    marker = versioned.delete_object("é/1").versionid
    page = versioned.list_object_versions()
    assert [(each.key, each.versionid, each.is_latest, each.size) for each in page.versions] == [
        ("a", other, True, 5),
        ("é/1", new, False, 5),
        ("é/1", old, False, 3),
    ]
    [deleted] = page.delete_marker
    assert (deleted.key, deleted.versionid, deleted.is_latest) == ("é/1", marker, True)
    head = versioned.head_object("é/1", params={"versionId": old})
    assert (page.versions[2].etag, page.versions[2].last_modified) == (
        head.etag,
        head.last_modified,
    )


def test_an_unversioned_bucket_lists_null_versions(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    [only] = bucket.list_object_versions().versions
    assert (only.versionid, only.is_latest, only.type) == ("null", True, "Normal")


@pytest.mark.parametrize("page_size", [1, 2, 3, 100])
def test_versions_are_listed_in_pages(versioned: Any, page_size: int) -> None:
    expected = [
        (key, versioned.put_object(key, b"").versionid)
        for key in ("a", "b/1", "b/1", "b/2", "b/2", "c", "c", "c")
    ]
    expected.append(("b/2", versioned.delete_object("b/2").versionid))
    assert sorted(list_every_version(versioned, page_size)) == sorted(expected)
    folders = [key for key, _ in list_every_version(versioned, page_size, delimiter="/")]
    assert sorted(folders) == ["a", "b/", "c", "c", "c"]
    under = [key for key, _ in list_every_version(versioned, page_size, prefix="b/", delimiter="/")]
    assert under == ["b/1", "b/1", "b/2", "b/2", "b/2"] or page_size > 1
    assert sorted(under) == ["b/1", "b/1", "b/2", "b/2", "b/2"]


def test_listing_continues_after_a_page_was_deleted(versioned: Any) -> None:
    """A bucket is emptied like this: a page's last version is deleted before the next page."""
    for number in range(5):
        versioned.put_object("k", b"%d" % number)
    deleted_versions = []
    for key, version in list_every_version(versioned, 2):
        deleted_versions.append(version)
        versioned.delete_object(key, params={"versionId": version})
    assert len(deleted_versions) == 5
    versioned.delete_bucket()


def test_a_marker_of_a_deleted_null_version_is_accepted(bucket: Any) -> None:
    bucket.put_object("k", b"null")
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    bucket.put_object("k", b"kept")
    bucket.delete_object("k", params={"versionId": "null"})
    page = bucket.list_object_versions(key_marker="k", versionid_marker="null")
    assert len(page.versions) == 1


def test_invalid_parameters_are_refused(versioned: Any) -> None:
    for params in (
        {"versionid_marker": "null"},
        {"key_marker": "k", "versionid_marker": "x/y"},
        {"max_keys": 1001},
    ):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            versioned.list_object_versions(**params)
    huge = versioned.list_object_versions(key_marker="k", versionid_marker="f" * 32)
    assert huge.versions == []


@pytest.fixture(scope="module")
def empty_bucket(cloud: OssCloud) -> Any:
    cloud.service.create_bucket("versions-at-random", versioning=True)
    return cloud.bucket("versions-at-random")


@settings(max_examples=15, deadline=None)
@given(
    keys=st.lists(st.text("ab/", min_size=1, max_size=3), max_size=6),
    prefix=st.sampled_from(["", "a"]),
    page_size=st.integers(1, 4),
)
def test_every_version_is_listed_once(
    empty_bucket: Any, keys: list[str], prefix: str, page_size: int
) -> None:
    written = [
        (key, empty_bucket.put_object(key, b"").versionid)
        for key in keys
        if not key.startswith("/")
    ]
    listed = list(list_every_version(empty_bucket, page_size, prefix=prefix))
    for key, version in written:
        empty_bucket.delete_object(key, params={"versionId": version})
    assert sorted(listed) == sorted(each for each in written if each[0].startswith(prefix))
