"""GetObject, HeadObject and GetObjectMeta, with or without a signature."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from aiohttp import web

from facescreen_local.oss.conditions import check_conditions
from facescreen_local.oss.context import OssRequestContext
from facescreen_local.oss.errors import (
    OssError,
    invalid_argument_error,
    unsigned_access_denied_error,
)
from facescreen_local.oss.headers import build_basic_headers, build_object_headers
from facescreen_local.oss.images import process_image
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.access import check_read_access
from facescreen_local.oss.ranges import ByteRange, parse_range
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.operations import SignatureRequirement

_CHUNK_BYTES = 256 * 1024
_RESPONSE_HEADER_PARAMETERS = {
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
async def get_object(context: OssRequestContext) -> web.Response:
    """Return the object or a range of it; with ``x-oss-process``, the processed image."""
    stored, file = _open_readable(context)
    instructions = context.target.get_parameter("x-oss-process")
    try:
        check_conditions(context.headers, stored)
        if instructions is None:
            return _build_object_response(context, stored, file)
    except BaseException:
        file.close()
        raise
    with file:
        rendered = await process_image(file, stored.contents.size, instructions)
    headers = {
        **build_basic_headers(stored),
        "Content-Type": rendered.content_type,
        **_read_header_overrides(context),
    }
    return web.Response(body=rendered.body, headers=headers)


@OPERATIONS.register(
    "HEAD", "/bucket/key", name="HeadObject", signature=SignatureRequirement.OPTIONAL
)
async def head_object(context: OssRequestContext) -> web.Response:
    """Return the headers of GetObject."""
    stored, file = _open_readable(context)
    file.close()
    check_conditions(context.headers, stored)
    headers = {**build_object_headers(stored), "Content-Length": str(stored.contents.size)}
    return web.Response(headers=headers)


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
async def get_object_meta(context: OssRequestContext) -> web.Response:
    """Return a minimum of headers; for a symlink, those of the link itself."""
    try:
        stored = context.store.objects.find(context.bucket, context.key, context.version_id)
    except OssError as error:
        raise _hide_from_unsigned(context, error) from None
    check_read_access(context, stored)
    headers = build_basic_headers(stored)
    if context.request.method == "HEAD":
        headers["Content-Length"] = str(stored.contents.size)
    return web.Response(headers=headers)


def _open_readable(context: OssRequestContext) -> tuple[StoredObject, BinaryIO]:
    """Open the requested object, if the request may read it."""
    try:
        stored, file = context.store.objects.open_following_symlink(
            context.bucket, context.key, context.version_id
        )
    except OssError as error:
        raise _hide_from_unsigned(context, error) from None
    try:
        check_read_access(context, stored)
    except OssError:
        file.close()
        raise
    return stored, file


def _hide_from_unsigned(context: OssRequestContext, error: OssError) -> OssError:
    """Return AccessDenied for an unsigned request, which must not learn what exists."""
    return error if context.signed else unsigned_access_denied_error()


def _build_object_response(
    context: OssRequestContext, stored: StoredObject, file: BinaryIO
) -> web.Response:
    size = stored.contents.size
    standard = context.headers.get("x-oss-range-behavior", "").lower() == "standard"
    byte_range = parse_range(context.headers.get("Range"), size, standard)
    headers = {**build_object_headers(stored), **_read_header_overrides(context)}
    if byte_range is not None:
        headers["Content-Range"] = f"bytes {byte_range.first}-{byte_range.last}/{size}"
    sent_range = byte_range or ByteRange(0, size - 1)
    headers["Content-Length"] = str(sent_range.length)
    return web.Response(
        status=200 if byte_range is None else 206,
        body=_FileBody(file, sent_range),
        headers=headers,
    )


class _FileBody:
    """A range of a file, read as it is sent. The file is closed even if it is never read."""

    def __init__(self, file: BinaryIO, requested: ByteRange) -> None:
        self._file = file
        self._requested = requested

    def __del__(self) -> None:
        self._file.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._file.seek(self._requested.first)
        remaining = self._requested.length
        while remaining and (
            chunk := await asyncio.to_thread(self._file.read, min(remaining, _CHUNK_BYTES))
        ):
            remaining -= len(chunk)
            yield chunk


def _read_header_overrides(context: OssRequestContext) -> dict[str, str]:
    """Return the response headers that a signed URL overrides. Raises OssError."""
    overrides = {}
    for parameter, header in _RESPONSE_HEADER_PARAMETERS.items():
        value = context.target.get_parameter(parameter)
        if value:
            if not context.signed:
                raise OssError(400, "InvalidRequest", f"{parameter} needs a signature.")
            if not value.isprintable():
                raise invalid_argument_error(parameter, "", f"{parameter} must be printable.")
            overrides[header] = value
    return overrides
