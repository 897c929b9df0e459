"""One request on its way through an operation, and what every operation needs for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.mns.attributes import LARGEST_BATCH, LARGEST_MESSAGE, Number
from facescreen_local.mns.bus import Bus
from facescreen_local.mns.errors import invalid_argument
from facescreen_local.mns.markup import document
from facescreen_local.mns.request import Target

# In XML, one byte may take six: ``&quot;``.
LARGEST_REQUEST = 6 * LARGEST_BATCH * LARGEST_MESSAGE + 65536


@dataclass(frozen=True)
class RequestContext:
    """A request that has passed authentication; header names in lower case."""

    target: Target
    headers: Mapping[str, str]
    body: bytes
    bus: Bus
    url: str
    """Of the service, before its paths."""
    connected: Callable[[], bool]
    """Whether the caller is still there."""

    def number(self, parameter: Number) -> int | None:
        """A number of the query; None if it is not there. Raises MnsError InvalidArgument."""
        given = self.target.query.get(parameter.name)
        return None if given is None else parameter.read(given)


async def read_body(request: web.BaseRequest) -> bytes:
    """Raises MnsError InvalidArgument for one that no operation could need."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_REQUEST:
            raise invalid_argument(f"A request should have at most {LARGEST_REQUEST} bytes.")
    return bytes(body)


def xml_response(root: Element, status: int = 200) -> web.Response:
    """A document."""
    return web.Response(
        status=status, body=document(root), content_type="text/xml", charset="utf-8"
    )
