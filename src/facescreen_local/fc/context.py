"""One request on its way through an operation, and what every operation needs for it."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from facescreen_local.fc.api import Api, Target
from facescreen_local.fc.functions import Functions
from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_local.protocol.body import read_body
from facescreen_local.protocol.request import RequestHead


@dataclass(frozen=True)
class RequestContext:
    """A request whose head has passed authentication."""

    api: Api
    """The version that it asks."""
    head: RequestHead
    target: Target
    functions: Functions
    request_id: str
    request: web.BaseRequest

    @property
    def deployment(self) -> Deployment:
        """The function that the request is about. Raises FcError."""
        return self.functions.find(self.target.function)

    async def read_body(self, max_bytes: int) -> bytes:
        """Read the body, and check it against the signature. Raises one of ERRORS."""
        body = await read_body(self.request, max_bytes)
        self.api.authorize_body(self.head, body)
        return body
