"""Writers and readers at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import oss2
from oss2.models import PartInfo

WRITERS = 8


def _run_together(work: Callable[[int], Any]) -> list[str]:
    """Run all writers at the same time. Returns their sorted error codes, with "" for success."""
    barrier = Barrier(WRITERS)

    def run(number: int) -> str:
        barrier.wait()
        try:
            work(number)
        except oss2.exceptions.ServerError as error:
            return str(error.code)
        return ""

    with ThreadPoolExecutor(WRITERS) as pool:
        return sorted(pool.map(run, range(WRITERS)))


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest().upper()


def test_only_one_writer_creates_an_object(bucket: Any) -> None:
    results = _run_together(
        lambda n: bucket.put_object("k", b"%d" % n, headers={"x-oss-forbid-overwrite": "true"})
    )
    assert results == ["", *["FileAlreadyExists"] * (WRITERS - 1)]


def test_only_one_writer_appends_at_a_position(bucket: Any) -> None:
    for position in (0, 1):
        results = _run_together(lambda n, at=position: bucket.append_object("k", at, b"%d" % n))  # type: ignore[misc]
        assert results == ["", *["PositionNotEqualToLength"] * (WRITERS - 1)]
    assert bucket.head_object("k").content_length == 2


def test_only_one_writer_completes_an_upload(versioned: Any) -> None:
    upload = versioned.init_multipart_upload("v").upload_id
    parts = [PartInfo(1, versioned.upload_part("v", upload, 1, b"1" * 1_000_000).etag)]
    results = _run_together(lambda _: versioned.complete_multipart_upload("v", upload, parts))
    assert results == ["", *["NoSuchUpload"] * (WRITERS - 1)]
    assert len(versioned.list_object_versions().versions) == 1


def test_a_reader_sees_only_one_write(bucket: Any) -> None:
    """Bytes, ETag and metadata belong to one write, however often the object is overwritten."""
    stop = Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            body = b"%d" % (number % 10) * (300_000 + number)
            bucket.put_object("k", body, headers={"x-oss-meta-md5": _md5(body)})

    bucket.put_object("k", b"", headers={"x-oss-meta-md5": _md5(b"")})
    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            for _ in range(60):
                got = bucket.get_object("k")
                md5 = _md5(got.read())
                assert md5 == got.etag == got.headers["x-oss-meta-md5"]
        finally:
            stop.set()
        writer.result()
