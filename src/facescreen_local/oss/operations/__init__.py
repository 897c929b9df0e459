"""The API's operations: one decorated function each."""

from __future__ import annotations

from facescreen_local.oss.context import OssRequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[OssRequestContext] = Operations()
"""Registered by method, resource and subresource. Operations with the same subresource differ in a
header or parameter: ``uploadId&x-oss-copy-source``, ``list-type=2``."""
