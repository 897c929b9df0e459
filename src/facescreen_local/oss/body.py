"""Receives a request's body, as a blob or as XML in memory, and checks its Content-MD5."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from aiohttp import web

from facescreen_local.oss.errors import OssError
from facescreen_local.oss.store.blobs import Blob, Blobs
from facescreen_local.protocol.body import read_body, read_chunks, write_chunks

MAX_OBJECT_BYTES = 100 * 1024 * 1024
MAX_XML_BYTES = 2 * 1024 * 1024


async def receive_blob(request: web.BaseRequest, blobs: Blobs) -> Blob:
    """Write the body to a new blob; an incomplete body leaves none.

    Raises OssError MissingContentLength and InvalidDigest, and BodyTooLargeError.
    """
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        message = "You must provide the Content-Length HTTP header."
        raise OssError(411, "MissingContentLength", message)
    with blobs.open_writer() as writer:
        await write_chunks(read_chunks(request, MAX_OBJECT_BYTES), writer)
        _check_content_md5(request.headers, writer.md5)
        return writer.finish()


async def receive_xml(request: web.BaseRequest) -> bytes:
    """Read an XML body into memory. Raises OssError InvalidDigest, and BodyTooLargeError."""
    body = await read_body(request, MAX_XML_BYTES)
    _check_content_md5(request.headers, hashlib.md5(body, usedforsecurity=False).digest())
    return body


def _check_content_md5(headers: Mapping[str, str], digest: bytes) -> None:
    content_md5 = headers.get("Content-MD5")
    if content_md5 is None:
        return
    try:
        expected = base64.b64decode(content_md5, validate=True)
    except (binascii.Error, ValueError):
        expected = b""
    if len(expected) != len(digest):
        raise OssError(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
    if expected != digest:
        message = "The Content-MD5 you specified did not match what we received."
        raise OssError(400, "InvalidDigest", message)
