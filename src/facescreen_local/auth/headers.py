"""Checks the headers that a signature needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class MissingHeaderError(Exception):
    """The request lacks a header that its signature needs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class MalformedAuthorizationError(Exception):
    """The Authorization header is missing or malformed."""


def require_headers(headers: Mapping[str, str], names: Iterable[str]) -> None:
    """Check that all the headers are present. Raises MissingHeaderError."""
    for name in names:
        if name not in headers:
            raise MissingHeaderError(name)
