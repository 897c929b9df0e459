"""The context that every operation is called with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.auth.account import LocalAccount
from facescreen_local.oss.errors import invalid_argument_error
from facescreen_local.oss.events import ObjectChange
from facescreen_local.oss.names import check_key, is_utf8, validate_version_id
from facescreen_local.oss.nodes import Node
from facescreen_local.oss.request import OssRequestTarget
from facescreen_local.oss.store import Store
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.protocol.xml_body import element, serialize


@dataclass(frozen=True)
class OssRequestContext:
    """An authenticated request. `signed` is False for one that needs no signature and has none.

    `started_at` is when the node got its headers, by the node's clock.
    """

    request: web.BaseRequest
    target: OssRequestTarget
    signed: bool
    store: Store
    account: LocalAccount
    region: str
    node: Node
    started_at: float
    behaviour: Behaviour
    notify: Callable[[ObjectChange], None]

    @property
    def bucket(self) -> str:
        """The name of the requested bucket."""
        return self.target.bucket

    @property
    def key(self) -> str:
        """The key of the requested object."""
        return self.target.key

    @property
    def version_id(self) -> str | None:
        """The requested version, None for the current one. Raises OssError InvalidArgument."""
        return validate_version_id(self.target.get_parameter("versionId"))

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers; lookups ignore case."""
        return self.request.headers

    def date_write(self) -> int:
        """Return the Last-Modified of an object that this request writes now, in seconds since the
        epoch; OSS has no fraction of a second."""
        started = self.behaviour.put_last_modified == "started"
        return int(self.started_at if started else self.node.now())

    def get_parameter(self, name: str) -> str:
        """Return a query parameter, empty if it is absent."""
        return self.target.get_parameter(name) or ""

    def get_integer_parameter(
        self, name: str, minimum: int, maximum: int, default: int | None = None
    ) -> int:
        """Return an integer query parameter. Raises OssError InvalidArgument."""
        value = self.get_parameter(name)
        if not value and default is not None:
            return default
        if value.isascii() and value.isdigit() and len(value) <= len(str(maximum)):
            number = int(value)
            if minimum <= number <= maximum:
                return number
        message = f"{name} must be a whole number from {minimum} to {maximum}."
        raise invalid_argument_error(name, value, message)

    @property
    def encoding_type(self) -> str:
        """``url`` if names in the response must be URL-encoded, else empty. Raises OssError."""
        encoding_type = self.get_parameter("encoding-type")
        if encoding_type not in ("", "url"):
            raise invalid_argument_error(
                "encoding-type", encoding_type, "encoding-type must be url."
            )
        return encoding_type

    def encode_name(self, name: str) -> str:
        """Encode a key or prefix for the response."""
        return quote(name, safe="") if self.encoding_type else name

    def owner_element(self) -> Element:
        """The Owner element with the account."""
        account_id = self.account.account_id
        return element("Owner", element("ID", account_id), element("DisplayName", account_id))


def xml_response(root: Element, headers: Mapping[str, str] | None = None) -> web.Response:
    """A 200 response with an XML document as its body."""
    all_headers = {"Content-Type": "application/xml", **(headers or {})}
    return web.Response(body=serialize(root), headers=all_headers)


def encoding_elements(context: OssRequestContext) -> list[Element]:
    """The EncodingType element, if the request has one."""
    return [element("EncodingType", context.encoding_type)] if context.encoding_type else []


def check_target(target: OssRequestTarget) -> None:
    """Check that the target is UTF-8 and that its key is valid. Raises OssError."""
    if target.key:
        check_key(target.key)
    for name, value in (("", target.bucket), *target.query):
        if not is_utf8(name + value):
            raise invalid_argument_error("query", "", "The request is not UTF-8.")
