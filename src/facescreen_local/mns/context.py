"""One request on its way through an operation, and what every operation needs for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.mns.attributes import LARGEST_BATCH, LARGEST_MESSAGE, Number
from facescreen_local.mns.bus import Bus
from facescreen_local.mns.request import NAMESPACE, Target
from facescreen_local.protocol.xml_body import document, parse

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

    def xml(self) -> Element:
        """The body's root. Raises MalformedXmlError."""
        return parse(self.body, ignore_namespaces=True)


def xml_response(root: Element, status: int = 200) -> web.Response:
    """A document."""
    body = document(root, NAMESPACE)
    return web.Response(status=status, body=body, content_type="text/xml", charset="utf-8")
