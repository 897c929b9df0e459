"""PutObject and AppendObject."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from facescreen_local.oss.body import receive
from facescreen_local.oss.conditions import overwrite_rule, refuse_conditions
from facescreen_local.oss.context import Call
from facescreen_local.oss.errors import NoSuchKey, OssError
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import Bucket
from facescreen_local.oss.store.contents import APPENDABLE, NORMAL, Contents
from facescreen_local.oss.store.versions import StoredObject

LARGEST_APPENDABLE = 5 * 1024**3


async def put_object(call: Call) -> web.Response:
    """PUT /bucket/key. What is overwritten loses its tags with its bytes."""
    call.store.buckets.get(call.bucket)
    refuse_conditions(call.headers)
    metadata, may_overwrite = metadata_of(call.headers), overwrite_rule(call.headers)
    blob = await receive(call.request, call.store.blobs)
    contents = Contents(NORMAL, blob, blob.md5, metadata)
    written = call.store.objects.put(call.bucket, call.key, contents, may_overwrite)
    call.notify(created("PutObject", call.bucket, written))
    return web.Response(headers=written_headers(written.stored))


async def append_object(call: Call) -> web.Response:
    """POST /bucket/key?append&position=n: succeeds only where the object ends at `position`."""
    position = call.number("position", 0, LARGEST_APPENDABLE)
    metadata = metadata_of(call.headers)
    call.store.buckets.get(call.bucket)
    received = await receive(call.request, call.store.blobs)
    try:
        base, blob = await asyncio.to_thread(_extended, call, position, received)
    finally:
        call.store.blobs.delete([received.name])
    contents = Contents(APPENDABLE, blob, _appendable_etag(blob), metadata)

    def unchanged(_: Bucket, current: StoredObject | None) -> None:
        if _blob_of(current) != _blob_of(base):
            raise _wrong_position(current)

    written = call.store.objects.put(call.bucket, call.key, contents, unchanged, extends=True)
    call.notify(created("AppendObject", call.bucket, written))
    said = {**written_headers(written.stored), "x-oss-next-append-position": str(blob.size)}
    return web.Response(headers=said)


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
    return "" if current is None else current.contents.blob.name
