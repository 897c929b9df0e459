"""A request's head: method, path, query and headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class RequestHead:
    """Everything before the body, which is what signatures cover."""

    method: str
    path: str
    """Percent-encoded as sent, like `query`."""
    query: str
    headers: Mapping[str, str]
    """Header names are in lower case."""


def read_head(request: web.BaseRequest) -> RequestHead:
    """Return the request's head. aiohttp keeps bytes that are not UTF-8 as surrogates."""
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return RequestHead(request.method, path, query, headers)
