"""The API's operations: one decorated function each."""

from __future__ import annotations

from facescreen_local.mns.context import MnsRequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[MnsRequestContext] = Operations()
"""Registered by method, resource pattern (``/queues/*/messages``) and the query parameters that
select the operation, in alphabetical order: ``numOfMessages&peekonly``."""
