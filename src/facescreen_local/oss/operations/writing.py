"""PutObject and AppendObject."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from facescreen_local.oss.body import receive
from facescreen_local.oss.conditions import overwrite_rule, refuse_conditions
from facescreen_local.oss.context import RequestContext
from facescreen_local.oss.errors import NoSuchKeyError, OssError
from facescreen_local.oss.events import created
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import Bucket
from facescreen_local.oss.store.contents import APPENDABLE, NORMAL, Contents
from facescreen_local.oss.store.versions import StoredObject

LARGEST_APPENDABLE = 5 * 1024**3


@OPERATIONS.register("PUT", "/bucket/key", name="PutObject")
async def put_object(context: RequestContext) -> web.Response:
    """Store the body. What is overwritten loses its tags with its bytes."""
    context.store.buckets.get(context.bucket)
    refuse_conditions(context.headers)
    metadata, may_overwrite = metadata_of(context.headers), overwrite_rule(context.headers)
    blob = await receive(context.request, context.store.blobs)
    contents = Contents(NORMAL, blob, blob.md5, metadata)
    written = context.store.objects.put(context.bucket, context.key, contents, may_overwrite)
    context.notify(created("PutObject", context.bucket, written))
    return web.Response(headers=written_headers(written.stored))


@OPERATIONS.register("POST", "/bucket/key", "append", name="AppendObject")
async def append_object(context: RequestContext) -> web.Response:
    """Append the body, if the object ends at `position`."""
    position = context.number("position", 0, LARGEST_APPENDABLE)
    metadata = metadata_of(context.headers)
    context.store.buckets.get(context.bucket)
    received = await receive(context.request, context.store.blobs)
    try:
        base, blob = await asyncio.to_thread(_extended, context, position, received)
    finally:
        context.store.blobs.delete([received.name])
    contents = Contents(APPENDABLE, blob, _appendable_etag(blob), metadata)

    def unchanged(_: Bucket, current: StoredObject | None) -> None:
        if _blob_of(current) != _blob_of(base):
            raise _wrong_position(current)

    written = context.store.objects.put(
        context.bucket, context.key, contents, unchanged, extends=True
    )
    context.notify(created("AppendObject", context.bucket, written))
    said = {**written_headers(written.stored), "x-oss-next-append-position": str(blob.size)}
    return web.Response(headers=said)


def _appendable_etag(blob: Blob) -> str:
    """Like OSS's own: new with every append, and visibly not the MD5 of the bytes."""
    return blob.md5[:24] + "0" * 8


def _extended(
    context: RequestContext, position: int, received: Blob
) -> tuple[StoredObject | None, Blob]:
    """The object as it is, and its bytes with the received ones behind them."""
    base, files = None, []
    with contextlib.suppress(NoSuchKeyError):
        base, file = context.store.objects.open(context.bucket, context.key)
        files.append(file)
    with contextlib.ExitStack() as opened:
        for file in files:
            opened.enter_context(file)
        _check_position(base, position)
        files.append(context.store.blobs.open(received.name))
        return base, context.store.blobs.joined(files)


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
