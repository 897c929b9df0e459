"""The API's operations: one decorated function each."""

from __future__ import annotations

from facescreen_local.fc.context import FcRequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[FcRequestContext] = Operations()
"""Registered by method and resource, which starts with the API's version:
``/2023-03-30/functions/*/invocations``."""
