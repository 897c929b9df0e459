"""PutObject and AppendObject."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from facescreen_local.oss.body import receive_blob
from facescreen_local.oss.conditions import reject_conditions
from facescreen_local.oss.context import OssRequestContext
from facescreen_local.oss.errors import NoSuchKeyError, OssError
from facescreen_local.oss.events import build_created_change
from facescreen_local.oss.headers import build_write_result_headers
from facescreen_local.oss.metadata import parse_metadata
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.storing import store_object
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import StoredBucket
from facescreen_local.oss.store.contents import APPENDABLE_TYPE, NORMAL_TYPE, ObjectContents
from facescreen_local.oss.store.versions import StoredObject

MAX_APPENDABLE_BYTES = 5 * 1024**3


@OPERATIONS.register("PUT", "/bucket/key", name="PutObject")
async def put_object(context: OssRequestContext) -> web.Response:
    """Store the body as an object. Overwriting an object also removes its tags."""
    context.store.buckets.get(context.bucket)
    reject_conditions(context.headers)
    metadata = parse_metadata(context.headers)
    blob = await receive_blob(context.request, context.store.blobs)
    contents = ObjectContents(NORMAL_TYPE, blob, blob.md5, metadata)
    stored = store_object(context, "PutObject", context.key, contents, context.headers)
    return web.Response(headers=build_write_result_headers(stored))


@OPERATIONS.register("POST", "/bucket/key", "append", name="AppendObject")
async def append_object(context: OssRequestContext) -> web.Response:
    """Append the body to the object, whose size must be `position`. Its tags stay, and so does its
    version: ``null``."""
    position = context.get_integer_parameter("position", 0, MAX_APPENDABLE_BYTES)
    metadata = parse_metadata(context.headers)
    context.store.buckets.get(context.bucket)
    appended = await receive_blob(context.request, context.store.blobs)
    try:
        base, blob = await asyncio.to_thread(_append_to_object, context, position, appended)
    finally:
        context.store.blobs.delete([appended.name])
    contents = ObjectContents(APPENDABLE_TYPE, blob, _compute_appendable_etag(blob), metadata)

    def check_unchanged(_: StoredBucket, current: StoredObject | None) -> None:
        if _blob_name(current) != _blob_name(base):
            raise _wrong_position_error(current)

    write_result = context.store.objects.put(
        context.bucket,
        context.key,
        contents,
        check=check_unchanged,
        modified=context.date_write(),
        extends=True,
    )
    context.notify(build_created_change("AppendObject", context.bucket, write_result))
    headers = {
        **build_write_result_headers(write_result.stored),
        "x-oss-next-append-position": str(blob.size),
    }
    return web.Response(headers=headers)


def _compute_appendable_etag(blob: Blob) -> str:
    """Return an ETag like OSS's: it changes with every append and is not the MD5 of the bytes."""
    return blob.md5[:24] + "0" * 8


def _append_to_object(
    context: OssRequestContext, position: int, appended: Blob
) -> tuple[StoredObject | None, Blob]:
    """Return the current object, and a blob with its bytes followed by the appended ones."""
    base, files = None, []
    with contextlib.suppress(NoSuchKeyError):
        base, file = context.store.objects.open(context.bucket, context.key)
        files.append(file)
    with contextlib.ExitStack() as opened:
        for file in files:
            opened.enter_context(file)
        _check_position(base, position)
        files.append(context.store.blobs.open(appended.name))
        return base, context.store.blobs.concatenate(files)


def _check_position(current: StoredObject | None, position: int) -> None:
    if current is not None and current.contents.object_type != APPENDABLE_TYPE:
        raise OssError(409, "ObjectNotAppendable", "The object is not appendable.")
    if position != _object_size(current):
        raise _wrong_position_error(current)


def _wrong_position_error(current: StoredObject | None) -> OssError:
    length = str(_object_size(current))
    headers = {"x-oss-next-append-position": length, "x-oss-object-type": APPENDABLE_TYPE}
    message = "Position is not equal to file length."
    return OssError(409, "PositionNotEqualToLength", message, headers=headers)


def _object_size(current: StoredObject | None) -> int:
    return 0 if current is None else current.contents.size


def _blob_name(current: StoredObject | None) -> str:
    return "" if current is None else current.contents.blob.name
