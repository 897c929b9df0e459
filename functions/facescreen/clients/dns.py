"""Resolves host names."""

from __future__ import annotations

import socket
from typing import Any


def resolve_host(host: str) -> list[str]:
    """Return the IP addresses of a host name; empty if there are none. Blocks until the resolver
    answers."""
    try:
        records: list[Any] = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(record[4][0]) for record in records]
