"""The API's operations: one decorated function each."""

from __future__ import annotations

from facescreen_local.id_verification.context import IdVerificationRequestContext
from facescreen_local.protocol.operations import Operations

OPERATIONS: Operations[IdVerificationRequestContext] = Operations()
"""Registered by method, version and action (the headers ``x-acs-version``, ``x-acs-action``)."""

DETECT_API_VERSION = "2022-08-09"
