"""Multipart uploads."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
from oss2.models import PartInfo

from tests.integration.oss.test_tags import read_tags

FIRST = b"1" * 100 * 1024
LAST = b"2" * 10


def _upload_parts(bucket: Any, upload_id: str, parts: dict[int, bytes]) -> list[PartInfo]:
    infos = []
    for number, body in parts.items():
        result = bucket.upload_part("video.mp4", upload_id, number, body)
        infos.append(PartInfo(number, result.etag, size=len(body), part_crc=result.crc))
    return infos


def _start(bucket: Any) -> str:
    headers = {"Content-Type": "video/mp4", "x-oss-tagging": "a=1", "x-oss-meta-b": "2"}
    return str(bucket.init_multipart_upload("video.mp4", headers=headers).upload_id)


def test_a_completed_upload_is_an_object(bucket: Any) -> None:
    upload_id = _start(bucket)
    parts = _upload_parts(bucket, upload_id, {1: b"replaced", 3: LAST}) and _upload_parts(
        bucket, upload_id, {1: FIRST, 3: LAST}
    )
    assert [
        (each.part_number, each.size) for each in bucket.list_parts("video.mp4", upload_id).parts
    ] == [
        (1, len(FIRST)),
        (3, len(LAST)),
    ]
    assert not bucket.object_exists("video.mp4")
    completed = bucket.complete_multipart_upload("video.mp4", upload_id, parts)
    head = bucket.head_object("video.mp4")
    assert completed.etag == head.etag
    assert head.etag.endswith("-2")
    assert (head.object_type, head.content_type) == ("Multipart", "video/mp4")
    assert head.headers["x-oss-meta-b"] == "2"
    assert read_tags(bucket, "video.mp4") == {"a": "1"}
    assert bucket.get_object("video.mp4").read() == FIRST + LAST
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.list_parts("video.mp4", upload_id)


def test_an_aborted_upload_is_gone(bucket: Any) -> None:
    upload_id = _start(bucket)
    _upload_parts(bucket, upload_id, {1: FIRST})
    bucket.abort_multipart_upload("video.mp4", upload_id)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part("video.mp4", upload_id, 1, FIRST)
    bucket.delete_bucket()


def test_parts_are_listed_in_pages(bucket: Any) -> None:
    upload_id = _start(bucket)
    _upload_parts(bucket, upload_id, dict.fromkeys((1, 2, 3, 7, 9), LAST))
    numbers, marker = [], ""
    for _ in range(3):
        page = bucket.list_parts("video.mp4", upload_id, marker=marker, max_parts=2)
        numbers += [part.part_number for part in page.parts]
        marker = page.next_marker
    assert (numbers, page.is_truncated) == ([1, 2, 3, 7, 9], False)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.list_parts("video.mp4", upload_id, max_parts=1001)


@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_uploads_are_listed_in_pages(bucket: Any, page_size: int) -> None:
    keys = ["a", "b/1", "b/1", "b/é+ 2", "c"]
    ids = [bucket.init_multipart_upload(key).upload_id for key in keys]
    uploads = list(oss2.MultipartUploadIterator(bucket, max_uploads=page_size))
    assert [each.key for each in uploads] == keys
    assert {each.upload_id for each in uploads} == set(ids)
    folders = oss2.MultipartUploadIterator(bucket, delimiter="/", max_uploads=page_size)
    assert sorted(each.key for each in folders) == ["a", "b/", "c"]
    one_key = oss2.ObjectUploadIterator(bucket, "b/1", max_uploads=page_size)
    assert sorted(each.upload_id for each in one_key) == sorted(ids[1:3])
    assert bucket.get_bucket_stat().multi_part_upload_count == len(keys)


def test_all_parts_can_be_completed_without_a_list(bucket: Any) -> None:
    upload_id = _start(bucket)
    _upload_parts(bucket, upload_id, {2: LAST, 1: FIRST})
    everything = {"x-oss-complete-all": "yes"}
    bucket.complete_multipart_upload("video.mp4", upload_id, None, headers=everything)
    assert bucket.get_object("video.mp4").read() == FIRST + LAST


def test_an_upload_can_forbid_an_overwrite(bucket: Any) -> None:
    upload_id = _start(bucket)
    parts = _upload_parts(bucket, upload_id, {1: FIRST})
    bucket.put_object("video.mp4", b"first")
    forbid = {"x-oss-forbid-overwrite": "true"}
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.init_multipart_upload("video.mp4", headers=dict(forbid))
    assert raised.value.code == "FileAlreadyExists"
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.complete_multipart_upload("video.mp4", upload_id, parts, headers=dict(forbid))
    assert raised.value.code == "FileAlreadyExists"
    assert len(bucket.list_parts("video.mp4", upload_id).parts) == 1


def _complete_error(bucket: Any, upload_id: str, parts: list[PartInfo]) -> str:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.complete_multipart_upload("video.mp4", upload_id, parts)
    return str(raised.value.code)


def test_invalid_lists_of_parts_are_refused(bucket: Any) -> None:
    upload_id = _start(bucket)
    small, large = _upload_parts(bucket, upload_id, {1: LAST, 2: FIRST})
    assert _complete_error(bucket, upload_id, [small, large]) == "EntityTooSmall"
    assert _complete_error(bucket, upload_id, [PartInfo(2, "0" * 32)]) == "InvalidPart"
    assert _complete_error(bucket, upload_id, [PartInfo(9, large.etag)]) == "InvalidPart"
    assert _complete_error(bucket, upload_id, [large, large]) == "InvalidPartOrder"
    assert _complete_error(bucket, upload_id, []) == "MalformedXML"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.upload_part("video.mp4", upload_id, 10_001, LAST)
