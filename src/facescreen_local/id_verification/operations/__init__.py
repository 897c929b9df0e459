"""The operations of the API: each is one function, which says what requests it answers."""

from __future__ import annotations

from facescreen_local.id_verification.context import RequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[RequestContext] = Operations()
"""By method, version and action: the headers ``x-acs-version`` and ``x-acs-action``."""

VERSION = "2022-08-09"
