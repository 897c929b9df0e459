"""A request's body: onto disk as it comes in, or into memory where it must be small."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator

from aiohttp import web

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.store.blobs import Blob, Blobs

LARGEST_BODY = 100 * 1024 * 1024
LARGEST_XML = 2 * 1024 * 1024


async def receive(request: web.BaseRequest, blobs: Blobs) -> Blob:
    """Writes the body to a new blob and checks Content-MD5. Raises OssError."""
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        text = "You must provide the Content-Length HTTP header."
        raise OssError(411, "MissingContentLength", text)
    blob = await write_down(chunks(request, LARGEST_BODY), blobs)
    try:
        _check_md5(request, bytes.fromhex(blob.md5))
    except OssError:
        blobs.delete([blob.name])
        raise
    return blob


async def receive_xml(request: web.BaseRequest) -> bytes:
    """The body of a request that configures or lists something. Raises OssError."""
    body = b"".join([chunk async for chunk in chunks(request, LARGEST_XML)])
    _check_md5(request, hashlib.md5(body, usedforsecurity=False).digest())
    return body


async def write_down(content: AsyncIterator[bytes], blobs: Blobs) -> Blob:
    """Writes what comes to a new blob; what does not come to its end leaves none."""
    with blobs.writer() as writer:
        async for chunk in content:
            await asyncio.to_thread(writer.write, chunk)
        return writer.finish()


async def chunks(request: web.BaseRequest, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises OssError EntityTooLarge beyond `limit` bytes."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def _check_md5(request: web.BaseRequest, digest: bytes) -> None:
    given = request.headers.get("Content-MD5")
    if given is None:
        return
    try:
        expected = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        expected = b""
    if len(expected) != len(digest):
        raise OssError(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
    if expected != digest:
        text = "The Content-MD5 you specified did not match what we received."
        raise OssError(400, "InvalidDigest", text)


def _too_large(limit: int) -> OssError:
    text = "Your proposed upload exceeds the maximum allowed size."
    return OssError(400, "EntityTooLarge", text, {"MaxSizeAllowed": str(limit)})
