"""One request on its way through an operation, and what every operation needs for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.auth.account import Identity
from facescreen_local.oss.errors import invalid_argument
from facescreen_local.oss.events import Change
from facescreen_local.oss.names import check_key, checked_version, is_utf8
from facescreen_local.oss.request import Target
from facescreen_local.oss.store import Store
from facescreen_local.protocol.xml_body import element, serialize


@dataclass(frozen=True)
class RequestContext:
    """A request that has passed authentication; `signed`, unless it may do without."""

    request: web.BaseRequest
    target: Target
    signed: bool
    store: Store
    identity: Identity
    region: str
    notify: Callable[[Change], None]

    @property
    def bucket(self) -> str:
        """The bucket's name, as asked for."""
        return self.target.bucket

    @property
    def key(self) -> str:
        """The object's key, as asked for."""
        return self.target.key

    @property
    def version_id(self) -> str | None:
        """The version that the request names. Raises OssError InvalidArgument."""
        return checked_version(self.target.parameter("versionId"))

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers; names in any case."""
        return self.request.headers

    def parameter(self, name: str) -> str:
        """A query parameter's value; empty if it is not there."""
        return self.target.parameter(name) or ""

    def number(self, name: str, lowest: int, highest: int, default: int | None = None) -> int:
        """A whole number from the query. Raises OssError InvalidArgument."""
        value = self.parameter(name)
        if not value and default is not None:
            return default
        if value.isascii() and value.isdigit() and len(value) <= len(str(highest)):
            found = int(value)
            if lowest <= found <= highest:
                return found
        text = f"{name} must be a whole number from {lowest} to {highest}."
        raise invalid_argument(name, value, text)

    @property
    def encoding(self) -> str:
        """``url`` if names in the answer are to be URL-encoded. Raises OssError."""
        encoding = self.parameter("encoding-type")
        if encoding not in ("", "url"):
            raise invalid_argument("encoding-type", encoding, "encoding-type must be url.")
        return encoding

    def encoded(self, name: str) -> str:
        """A key, prefix or the like as the answer is to hold it."""
        return quote(name, safe="") if self.encoding else name

    def owner(self) -> Element:
        """The account."""
        account = self.identity.account_id
        return element("Owner", element("ID", account), element("DisplayName", account))


def xml_response(root: Element, headers: Mapping[str, str] | None = None) -> web.Response:
    """200 with a document."""
    said = {"Content-Type": "application/xml", **(headers or {})}
    return web.Response(body=serialize(root), headers=said)


def encoding_elements(context: RequestContext) -> list[Element]:
    """EncodingType, if there is any."""
    return [element("EncodingType", context.encoding)] if context.encoding else []


def check_readable(target: Target) -> None:
    """Refuses paths and parameters that are not UTF-8, and keys that OSS does not take."""
    if target.key:
        check_key(target.key)
    for name, value in (("", target.bucket), *target.query):
        if not is_utf8(name + value):
            raise invalid_argument("query", "", "The request is not UTF-8.")
