"""PutObject, AppendObject and DeleteObject."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiohttp import web

from ..body import receive
from ..errors import NoSuchKey, OssError
from ..headers import kept_headers, written_headers
from ..notifications import Change
from ..store.objects import APPENDABLE, NORMAL, Contents
from .tags import tags_of_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..call import Call
    from ..store.blobs import Blob
    from ..store.buckets import Bucket
    from ..store.objects import StoredObject, Written

LARGEST_APPENDABLE = 5 * 1024**3


async def put_object(call: Call) -> web.Response:
    """PUT /bucket/key. What is overwritten loses its tags with its bytes."""
    call.store.buckets.get(call.bucket)
    headers, tags = kept_headers(call.headers), tags_of_header(call.headers.get("x-oss-tagging"))
    blob = await receive(call.request, call.store.blobs)
    contents = Contents(NORMAL, blob.name, blob.size, blob.md5, blob.crc64, headers, tags)
    written = call.store.objects.put(call.bucket, call.key, contents, overwrite_rule(call))
    announce(call, "ObjectCreated:PutObject", written)
    return web.Response(headers=written_headers(written.stored))


async def append_object(call: Call) -> web.Response:
    """POST /bucket/key?append&position=n: succeeds only where the object ends at `position`."""
    position = call.number("position", 0, LARGEST_APPENDABLE)
    headers, tags = kept_headers(call.headers), tags_of_header(call.headers.get("x-oss-tagging"))
    call.store.buckets.get(call.bucket)
    received = await receive(call.request, call.store.blobs)
    try:
        base, blob = await asyncio.to_thread(_extended, call, position, received)
    finally:
        call.store.blobs.delete([received.name])
    if base is not None:
        headers, tags = dict(base.contents.headers), dict(base.contents.tags)
    etag = _appendable_etag(blob)
    contents = Contents(APPENDABLE, blob.name, blob.size, etag, blob.crc64, headers, tags)

    def unchanged(_: Bucket, current: StoredObject | None) -> None:
        if _blob_of(current) != _blob_of(base):
            raise _wrong_position(current)

    written = call.store.objects.put(call.bucket, call.key, contents, unchanged, same_version=True)
    announce(call, "ObjectCreated:AppendObject", written)
    said = {**written_headers(written.stored), "x-oss-next-append-position": str(blob.size)}
    return web.Response(headers=said)


async def delete_object(call: Call) -> web.Response:
    """DELETE /bucket/key: 204 whether or not there was anything."""
    removal = call.store.objects.remove(call.bucket, call.key, call.version_id)
    if removal.removed is not None:
        gone = removal.removed.contents
        call.notify(
            Change(
                event="ObjectRemoved:DeleteObject",
                bucket=call.bucket,
                key=call.key,
                etag=gone.etag,
                size=gone.size,
                delta=-gone.size,
                headers=gone.headers,
            )
        )
    said = {}
    if removal.version_id is not None:
        said["x-oss-version-id"] = removal.version_id
    if removal.delete_marker:
        said["x-oss-delete-marker"] = "true"
    return web.Response(status=204, headers=said)


def overwrite_rule(call: Call) -> Callable[[Bucket, StoredObject | None], None]:
    """What ``x-oss-forbid-overwrite`` demands; OSS ignores it where a bucket has versions."""
    forbidden = call.headers.get("x-oss-forbid-overwrite", "").lower() == "true"

    def check(bucket: Bucket, current: StoredObject | None) -> None:
        if forbidden and current is not None and not bucket.versioning:
            text = "The object you specified already exists and can not be overwritten."
            raise OssError(409, "FileAlreadyExists", text, {"Key": call.key})

    return check


def announce(call: Call, event: str, written: Written) -> None:
    """Tells of an object's new contents."""
    contents, replaced = written.stored.contents, written.replaced
    before = 0 if replaced is None else replaced.contents.size
    call.notify(
        Change(
            event=event,
            bucket=call.bucket,
            key=call.key,
            etag=contents.etag,
            size=contents.size,
            delta=contents.size - before,
            headers=contents.headers,
        )
    )


def _appendable_etag(blob: Blob) -> str:
    """Like OSS's own: new with every append, and visibly not the MD5 of the bytes."""
    return blob.md5[:24] + "0" * 8


def _extended(call: Call, position: int, received: Blob) -> tuple[StoredObject | None, Blob]:
    """The object as it is, and its bytes with the received ones behind them."""
    base, files = None, []
    with contextlib.suppress(NoSuchKey):
        base, file = call.store.objects.open(call.bucket, call.key)
        files.append(file)
    with contextlib.ExitStack() as opened:
        for file in files:
            opened.enter_context(file)
        _check_position(base, position)
        files.append(call.store.blobs.open(received.name))
        return base, call.store.blobs.joined(files)


def _check_position(current: StoredObject | None, position: int) -> None:
    if current is not None and current.contents.kind != APPENDABLE:
        raise OssError(409, "ObjectNotAppendable", "The object is not appendable.")
    if position != _length(current):
        raise _wrong_position(current)


def _wrong_position(current: StoredObject | None) -> OssError:
    length = str(_length(current))
    said = {"x-oss-next-append-position": length, "x-oss-object-type": APPENDABLE}
    text = "Position is not equal to file length."
    return OssError(409, "PositionNotEqualToLength", text, headers=said)


def _length(current: StoredObject | None) -> int:
    return 0 if current is None else current.contents.size


def _blob_of(current: StoredObject | None) -> str:
    return "" if current is None else current.contents.blob
