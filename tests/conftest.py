"""Every test: no instance metadata, and no connection past loopback."""

from __future__ import annotations

import os
import sys

os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise RuntimeError(f"a test must not connect to {address[0]}")


sys.addaudithook(_only_loopback)
