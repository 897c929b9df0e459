"""GetObject, HeadObject and GetObjectMeta, for those who sign and for everyone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from aiohttp import web

from facescreen_local.oss.conditions import check_conditions
from facescreen_local.oss.context import RequestContext
from facescreen_local.oss.errors import OssError, invalid_argument, private
from facescreen_local.oss.headers import basic_headers, object_headers
from facescreen_local.oss.images import processed
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.access import check_reader
from facescreen_local.oss.ranges import ByteRange, byte_range
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.operations import SignatureRequirement

_CHUNK = 256 * 1024
_OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}


@OPERATIONS.register(
    "GET", "/bucket/key", name="GetObject", signature=SignatureRequirement.OPTIONAL
)
async def get_object(context: RequestContext) -> web.Response:
    """Return the object or a part of it; with ``x-oss-process``, the picture made of it."""
    stored, file = _opened(context)
    instructions = context.target.parameter("x-oss-process")
    try:
        check_conditions(context.headers, stored)
        if instructions is None:
            return _whole_or_part(context, stored, file)
    except BaseException:
        file.close()
        raise
    with file:
        made = await processed(file, stored.contents.size, instructions)
    said = {**basic_headers(stored), "Content-Type": made.content_type, **_overrides(context)}
    return web.Response(body=made.body, headers=said)


@OPERATIONS.register(
    "HEAD", "/bucket/key", name="HeadObject", signature=SignatureRequirement.OPTIONAL
)
async def head_object(context: RequestContext) -> web.Response:
    """Return what GetObject answers with, without the body."""
    stored, file = _opened(context)
    file.close()
    check_conditions(context.headers, stored)
    said = {**object_headers(stored), "Content-Length": str(stored.contents.size)}
    return web.Response(headers=said)


@OPERATIONS.register(
    "GET",
    "/bucket/key",
    "objectMeta",
    name="GetObjectMeta",
    signature=SignatureRequirement.OPTIONAL,
)
@OPERATIONS.register(
    "HEAD",
    "/bucket/key",
    "objectMeta",
    name="GetObjectMeta",
    signature=SignatureRequirement.OPTIONAL,
)
async def get_object_meta(context: RequestContext) -> web.Response:
    """Return the least there is to say, of a symlink itself."""
    try:
        stored = context.store.objects.find(context.bucket, context.key, context.version_id)
    except OssError as error:
        raise _told_to(context, error) from None
    check_reader(context, stored)
    said = basic_headers(stored)
    if context.request.method == "HEAD":
        said["Content-Length"] = str(stored.contents.size)
    return web.Response(headers=said)


def _opened(context: RequestContext) -> tuple[StoredObject, BinaryIO]:
    """What the reader gets, if it may."""
    try:
        stored, file = context.store.objects.read(context.bucket, context.key, context.version_id)
    except OssError as error:
        raise _told_to(context, error) from None
    try:
        check_reader(context, stored)
    except OssError:
        file.close()
        raise
    return stored, file


def _told_to(context: RequestContext, error: OssError) -> OssError:
    """Who signs nothing does not learn what there is."""
    return error if context.signed else private()


def _whole_or_part(context: RequestContext, stored: StoredObject, file: BinaryIO) -> web.Response:
    size = stored.contents.size
    standard = context.headers.get("x-oss-range-behavior", "").lower() == "standard"
    part = byte_range(context.headers.get("Range"), size, standard)
    said = {**object_headers(stored), **_overrides(context)}
    if part is not None:
        said["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    sent = part or ByteRange(0, size - 1)
    said["Content-Length"] = str(sent.length)
    return web.Response(
        status=200 if part is None else 206,
        body=_Bytes(file, sent),
        headers=said,
    )


class _Bytes:
    """A file's bytes, read as they are sent; the file closes even if nothing ever asks for them."""

    def __init__(self, file: BinaryIO, wanted: ByteRange) -> None:
        self._file = file
        self._wanted = wanted

    def __del__(self) -> None:
        self._file.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._file.seek(self._wanted.first)
        left = self._wanted.length
        while left and (chunk := await asyncio.to_thread(self._file.read, min(left, _CHUNK))):
            left -= len(chunk)
            yield chunk


def _overrides(context: RequestContext) -> dict[str, str]:
    """Headers that the URL asks for in place of the object's own, if someone signed for them."""
    found = {}
    for parameter, header in _OVERRIDES.items():
        value = context.target.parameter(parameter)
        if value:
            if not context.signed:
                raise OssError(400, "InvalidRequest", f"{parameter} needs a signature.")
            if not value.isprintable():
                raise invalid_argument(parameter, "", f"{parameter} must be printable.")
            found[header] = value
    return found
