"""The context that every operation is called with."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from facescreen_local.fc.api import FcApi, FcRequestTarget
from facescreen_local.fc.functions import DeployedFunctions
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.protocol.body import read_body
from facescreen_local.protocol.request import RequestHead


@dataclass(frozen=True)
class FcRequestContext:
    """A request whose head is authenticated; `read_body` checks the body."""

    api: FcApi
    """The version of the API."""
    head: RequestHead
    target: FcRequestTarget
    functions: DeployedFunctions
    request_id: str
    request: web.BaseRequest

    @property
    def deployed_function(self) -> DeployedFunction:
        """The function that the request names. Raises FcError."""
        return self.functions.find(self.target.function)

    async def read_body(self, max_bytes: int) -> bytes:
        """Read the body and check its signed hash. Raises one of REQUEST_ERRORS."""
        body = await read_body(self.request, max_bytes)
        self.api.check_body(self.head, body)
        return body
