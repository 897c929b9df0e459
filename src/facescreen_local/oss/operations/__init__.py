"""The operations of the API: each is one function, which says what requests it answers."""

from __future__ import annotations

from facescreen_local.oss.context import RequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[RequestContext] = Operations()
"""By method, resource and sub-resource; with it stands the header or parameter that tells two
operations of one sub-resource apart: ``uploadId&x-oss-copy-source``, ``list-type=2``."""
