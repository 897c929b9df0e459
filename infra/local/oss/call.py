"""One request on its way through an operation, and what every operation needs for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from .errors import OssError, invalid_argument
from .markup import document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from .notifications import Change
    from .request import Target
    from .store import Store

LONGEST_KEY = 1023


@dataclass(frozen=True)
class Call:
    """A request that has passed authentication."""

    request: web.BaseRequest
    target: Target
    store: Store
    account_id: str
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
        named = self.target.parameter("versionId")
        if named is not None and not (named.isascii() and named.isalnum()):
            raise invalid_argument("versionId", named, "Invalid version id specified.")
        return named

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers; names in any case."""
        return self.request.headers

    def number(self, parameter: str, lowest: int, highest: int) -> int:
        """A whole number from the query. Raises OssError InvalidArgument."""
        value = self.target.parameter(parameter) or ""
        if value.isascii() and value.isdigit() and len(value) <= len(str(highest)):
            found = int(value)
            if lowest <= found <= highest:
                return found
        text = f"{parameter} must be a whole number from {lowest} to {highest}."
        raise invalid_argument(parameter, value, text)


def xml_response(root: Element, headers: Mapping[str, str] | None = None) -> web.Response:
    """200 with a document."""
    said = {"Content-Type": "application/xml", **(headers or {})}
    return web.Response(body=document(root), headers=said)


def check_readable(target: Target) -> None:
    """Refuses paths and parameters that are not UTF-8, and keys that OSS does not take."""
    if not _is_utf8(target.bucket + target.key) or len(target.key.encode()) > LONGEST_KEY:
        raise _invalid_name(target.key)
    if target.key.startswith(("/", "\\")):
        raise _invalid_name(target.key)
    for name, value in target.query:
        if not _is_utf8(name + value):
            raise invalid_argument("query", "", "The query is not UTF-8.")


def _invalid_name(key: str) -> OssError:
    shown = key.encode("utf-8", "replace").decode()
    text = "The specified object is not valid."
    return OssError(400, "InvalidObjectName", text, {"ObjectName": shown})


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
