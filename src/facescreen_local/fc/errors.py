"""How Function Compute turns a request down."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from facescreen_local.protocol.service import LocalError

REQUEST_ID = "x-fc-request-id"
"""The header that every answer has."""


class Refused(LocalError):
    """Codes are from Function Compute's list of them."""


def function_not_found(name: str) -> Refused:
    """404 FunctionNotFound."""
    return Refused(404, "FunctionNotFound", f"function {name[:128]!r} does not exist")


def response(status: int, told: Mapping[str, str], request_id: str) -> web.Response:
    """An error's answer, with `told` as its JSON."""
    return web.json_response(dict(told), status=status, headers={REQUEST_ID: request_id})
