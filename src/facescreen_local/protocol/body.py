"""Reads a request's body up to a maximum size: in chunks, into a sink, or into memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from aiohttp import web

_BUFFERED_BODY = web.RequestKey("buffered_body", bytes)
_MAX_BUFFERED_BYTES = 128 * 1024 * 1024


class ByteSink(Protocol):
    """Anything that bytes are written to: an open file, a BlobWriter, a BytesIO."""

    def write(self, chunk: bytes, /) -> object: ...


class BodyTooLargeError(Exception):
    """The body, or its Content-Length, exceeds `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"more than {max_bytes} bytes")
        self.max_bytes = max_bytes


async def read_chunks(request: web.BaseRequest, max_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises BodyTooLargeError before it reads past `max_bytes`."""
    if (request.content_length or 0) > max_bytes:
        raise BodyTooLargeError(max_bytes)
    buffered = request.get(_BUFFERED_BODY)
    if buffered is not None:
        if len(buffered) > max_bytes:
            raise BodyTooLargeError(max_bytes)
        yield buffered
        return
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLargeError(max_bytes)
        yield chunk


async def read_body(request: web.BaseRequest, max_bytes: int) -> bytes:
    """Read the whole body. Raises BodyTooLargeError."""
    return b"".join([chunk async for chunk in read_chunks(request, max_bytes)])


async def buffer_body(request: web.BaseRequest) -> None:
    """Receive the whole body, so that it can be read even after the client has disconnected.

    Raises BodyTooLargeError.
    """
    request[_BUFFERED_BODY] = await read_body(request, _MAX_BUFFERED_BYTES)


async def write_chunks(chunks: AsyncIterator[bytes], sink: ByteSink) -> None:
    """Write the chunks to `sink` as they arrive, in a thread, because the sink may be a file."""
    async for chunk in chunks:
        await asyncio.to_thread(sink.write, chunk)
