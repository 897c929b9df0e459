"""Tags: OSS's rules, and removal of tags by an overwrite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import oss2
import pytest

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.tag_rules import parse_tagging_header, validate_tags


def make_tagging(tags: Mapping[str, str]) -> Any:
    rule = oss2.models.TaggingRule()
    for key, value in tags.items():
        rule.add(key, value)
    return oss2.models.Tagging(rule)


def read_tags(bucket: Any, key: str, version_id: str | None = None) -> dict[str, str]:
    params = {"versionId": version_id} if version_id else None
    return dict(bucket.get_object_tagging(key, params=params).tag_set.tagging_rule)


def test_a_put_replaces_all_tags(bucket: Any) -> None:
    bucket.put_object("k", b"bytes")
    before = bucket.head_object("k")
    bucket.put_object_tagging("k", make_tagging({"a": "1", "b": ""}))
    bucket.put_object_tagging("k", make_tagging({"c :/+-=._": "x y"}))
    assert read_tags(bucket, "k") == {"c :/+-=._": "x y"}
    after = bucket.head_object("k")
    assert (after.etag, after.last_modified) == (before.etag, before.last_modified)
    assert after.headers["x-oss-tagging-count"] == "1"
    bucket.delete_object_tagging("k")
    assert read_tags(bucket, "k") == {}


def test_an_overwrite_removes_the_tags(bucket: Any) -> None:
    bucket.put_object("k", b"old", headers={"x-oss-tagging": "a=1&b=x%20y%2B"})
    assert read_tags(bucket, "k") == {"a": "1", "b": "x y+"}
    bucket.put_object("k", b"new")
    assert read_tags(bucket, "k") == {}


@pytest.mark.parametrize(
    "tags",
    [
        {f"k{n}": "v" for n in range(11)},
        {"comma": "a,b"},
        {"at": "a@b"},
        {"letter": "é"},
        {"bad,key": "v"},
    ],
)
def test_invalid_tags_are_refused_by_the_service(bucket: Any, tags: dict[str, str]) -> None:
    bucket.put_object("k", b"bytes", headers={"x-oss-tagging": "kept=1"})
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object_tagging("k", make_tagging(tags))
    assert (raised.value.status, raised.value.code) == (400, "InvalidTag")
    assert read_tags(bucket, "k") == {"kept": "1"}


def test_tags_have_limits() -> None:
    assert len(validate_tags((f"k{n}", "") for n in range(10))) == 10
    assert validate_tags([("k" * 128, "v" * 256)])
    for pairs in (
        [("k" * 129, "v")],
        [("k", "v" * 257)],
        [("", "v")],
        [("k", "1"), ("k", "2")],
    ):
        with pytest.raises(OssError):
            validate_tags(pairs)


def test_tags_in_a_header_are_parsed() -> None:
    assert parse_tagging_header("a&b=2") == {"a": "", "b": "2"}
    for header in ("a=b=c", "=b", "a=%FF"):
        with pytest.raises(OssError) as raised:
            parse_tagging_header(header)
        assert raised.value.code == "InvalidTag"


def test_tags_of_a_missing_object_are_an_error(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.put_object_tagging("nothing", make_tagging({"a": "1"}))
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object_tagging("nothing")
