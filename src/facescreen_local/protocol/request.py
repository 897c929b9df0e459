"""A request's head, as it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web


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
