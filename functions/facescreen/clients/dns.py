"""Host names, looked up."""

from __future__ import annotations

import socket
from typing import Any


def addresses(host: str) -> list[str]:
    """The addresses of a host name; empty where it has none. Blocks for as long as the resolver
    takes."""
    try:
        found: list[Any] = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(one[4][0]) for one in found]
