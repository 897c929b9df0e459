"""Multipart uploads."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
from oss2.models import PartInfo

from .test_tags import read_tags

FIRST = b"1" * 100 * 1024
LAST = b"2" * 10


def _uploaded(bucket: Any, upload_id: str, parts: dict[int, bytes]) -> list[PartInfo]:
    infos = []
    for number, body in parts.items():
        result = bucket.upload_part("video.mp4", upload_id, number, body)
        infos.append(PartInfo(number, result.etag, size=len(body), part_crc=result.crc))
    return infos


def _start(bucket: Any) -> str:
    headers = {"Content-Type": "video/mp4", "x-oss-tagging": "a=1", "x-oss-meta-b": "2"}
    return str(bucket.init_multipart_upload("video.mp4", headers=headers).upload_id)


def test_parts_become_an_object(bucket: Any) -> None:
    upload_id = _start(bucket)
    parts = _uploaded(bucket, upload_id, {1: b"replaced", 3: LAST}) and _uploaded(
        bucket, upload_id, {1: FIRST, 3: LAST}
    )
    assert [
        (each.part_number, each.size) for each in bucket.list_parts("video.mp4", upload_id).parts
    ] == [
        (1, len(FIRST)),
        (3, len(LAST)),
    ]
    assert not bucket.object_exists("video.mp4")
    done = bucket.complete_multipart_upload("video.mp4", upload_id, parts)
    head = bucket.head_object("video.mp4")
    assert done.etag == head.etag
    assert head.etag.endswith("-2")
    assert (head.object_type, head.content_type) == ("Multipart", "video/mp4")
    assert head.headers["x-oss-meta-b"] == "2"
    assert read_tags(bucket, "video.mp4") == {"a": "1"}
    assert bucket.get_object("video.mp4").read() == FIRST + LAST
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.list_parts("video.mp4", upload_id)


def test_abort(bucket: Any) -> None:
    upload_id = _start(bucket)
    _uploaded(bucket, upload_id, {1: FIRST})
    bucket.abort_multipart_upload("video.mp4", upload_id)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part("video.mp4", upload_id, 1, FIRST)
    bucket.delete_bucket()


def _code(bucket: Any, upload_id: str, parts: list[PartInfo]) -> str:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.complete_multipart_upload("video.mp4", upload_id, parts)
    return str(raised.value.code)


def test_wrong_lists(bucket: Any) -> None:
    upload_id = _start(bucket)
    small, large = _uploaded(bucket, upload_id, {1: LAST, 2: FIRST})
    assert _code(bucket, upload_id, [small, large]) == "EntityTooSmall"
    assert _code(bucket, upload_id, [PartInfo(2, "0" * 32)]) == "InvalidPart"
    assert _code(bucket, upload_id, [PartInfo(9, large.etag)]) == "InvalidPart"
    assert _code(bucket, upload_id, [large, large]) == "InvalidPartOrder"
    assert _code(bucket, upload_id, []) == "MalformedXML"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.upload_part("video.mp4", upload_id, 10_001, LAST)
