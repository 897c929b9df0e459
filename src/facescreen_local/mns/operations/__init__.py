"""The operations of the API: each is one function, which says what requests it answers."""

from __future__ import annotations

from facescreen_local.mns.context import RequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[RequestContext] = Operations()
"""By method, resource as in ``/queues/*/messages``, and the words of the query that tell it apart,
in alphabetical order: ``numOfMessages&peekonly``."""
