"""The context that every operation is called with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.mns.attributes import MAX_BATCH_MESSAGES, MAX_MESSAGE_BYTES, NumberAttribute
from facescreen_local.mns.broker import MessageBroker
from facescreen_local.mns.request import XML_NAMESPACE, MnsRequestTarget
from facescreen_local.protocol.xml_body import parse_xml, serialize

# In XML, one byte can take six: ``&quot;``.
MAX_REQUEST_BYTES = 6 * MAX_BATCH_MESSAGES * MAX_MESSAGE_BYTES + 65536


@dataclass(frozen=True)
class MnsRequestContext:
    """An authenticated request. Header names are in lower case."""

    target: MnsRequestTarget
    headers: Mapping[str, str]
    body: bytes
    broker: MessageBroker
    url: str
    """The service's base URL."""
    connected: Callable[[], bool]
    """Returns whether the caller is still connected."""

    def get_integer_parameter(self, parameter: NumberAttribute) -> int | None:
        """Return an integer query parameter, None if it is absent.

        Raises MnsError InvalidArgument.
        """
        text = self.target.query.get(parameter.name)
        return None if text is None else parameter.parse(text)

    def parse_xml_body(self) -> Element:
        """Parse the body and return its root element. Raises MalformedXmlError."""
        return parse_xml(self.body, ignore_namespaces=True)


def xml_response(root: Element, status: int = 200) -> web.Response:
    """A response with an XML document as its body."""
    body = serialize(root, XML_NAMESPACE)
    return web.Response(status=status, body=body, content_type="text/xml", charset="utf-8")
