"""The headers that say who signed a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class MissingHeaderError(Exception):
    """The request lacks a header that its signature needs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class MalformedAuthorizationError(Exception):
    """The Authorization header is not there, or not one of the scheme."""


def require_headers(headers: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise MissingHeaderError unless all the headers are there."""
    for name in names:
        if name not in headers:
            raise MissingHeaderError(name)
