"""The operations of the API: each is one function, which says what requests it answers."""

from __future__ import annotations

from facescreen_local.fc.context import RequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[RequestContext] = Operations()
"""By method and resource, the API's version first: ``/2023-03-30/functions/*/invocations``."""
