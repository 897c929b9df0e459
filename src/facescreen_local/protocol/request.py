"""A request as it came in: its head, and its body up to a size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from facescreen_local.fc.errors import Refused


@dataclass(frozen=True)
class Head:
    """What stands before the body: all that signatures cover."""

    method: str
    path: str
    """As sent, like `query`: encoded."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""


def head_of(request: web.BaseRequest) -> Head:
    """The request's head; aiohttp keeps bytes that are no UTF-8 as surrogates."""
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Head(request.method, path, query, headers)


async def body_of(request: web.BaseRequest, largest: int, *, too_large: int = 400) -> bytes:
    """The whole body. Raises Refused with status `too_large` before it reads past `largest`."""
    refusal = Refused(
        too_large,
        "EntityTooLarge",
        f"payload size exceeds maximum allowed size ({largest} bytes)",
    )
    if (request.content_length or 0) > largest:
        raise refusal
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > largest:
            raise refusal
    return bytes(body)
