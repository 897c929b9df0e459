"""ListObjects, versions 1 and 2."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..call import xml_response
from ..errors import invalid_argument
from ..headers import xml_time
from ..markup import element

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from aiohttp import web

    from ..call import Call
    from ..store.objects import StoredObject

_DEFAULT_KEYS = 100
_MOST_KEYS = 1000
_LAST_CHARACTER = "\U0010ffff"


@dataclass
class Page:
    """One page of a listing; `last` is the key or common prefix that the next page follows."""

    objects: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""
    truncated: bool = False

    @property
    def count(self) -> int:
        """Common prefixes count like keys."""
        return len(self.objects) + len(self.prefixes)


async def list_objects(call: Call) -> web.Response:
    """GET /bucket."""
    marker = call.target.parameter("marker") or ""
    page = _page(call, marker)
    said = [*_common(call, page), element("Marker", _written(call, marker))]
    if page.truncated:
        said.append(element("NextMarker", _written(call, page.last)))
    owner = _owner(call)
    said.extend(_contents(call, page, owner))
    return xml_response(element("ListBucketResult", *said))


async def list_objects_v2(call: Call) -> web.Response:
    """GET /bucket?list-type=2."""
    token = call.target.parameter("continuation-token") or ""
    start = call.target.parameter("start-after") or ""
    page = _page(call, _key_of(token) if token else start)
    said = [*_common(call, page), element("KeyCount", str(page.count))]
    said.append(element("StartAfter", _written(call, start)))
    if token:
        said.append(element("ContinuationToken", token))
    if page.truncated:
        said.append(element("NextContinuationToken", _token_of(page.last)))
    owner = _owner(call) if call.target.parameter("fetch-owner") == "true" else []
    said.extend(_contents(call, page, owner))
    return xml_response(element("ListBucketResult", *said))


def _page(call: Call, marker: str) -> Page:
    limit = _DEFAULT_KEYS
    if call.target.parameter("max-keys"):
        limit = call.number("max-keys", 1, _MOST_KEYS)
    prefix = call.target.parameter("prefix") or ""
    delimiter = call.target.parameter("delimiter") or ""
    page = Page()
    for common, stored in _entries(call, prefix, delimiter, marker, limit + 1):
        if page.count == limit:
            page.truncated = True
            break
        if common:
            page.prefixes.append(common)
        else:
            page.objects.append(stored)
        page.last = common or stored.key
    return page


def _entries(
    call: Call, prefix: str, delimiter: str, marker: str, batch: int
) -> Iterator[tuple[str, StoredObject]]:
    """Keys after `marker`, each common prefix once with the first key under it."""
    position = shown = marker
    while found := call.store.objects.after(call.bucket, prefix, position, batch):
        for stored in found:
            if not stored.key.startswith(prefix):
                return
            position, common = stored.key, _common_prefix(stored.key, prefix, delimiter)
            if common and common == shown:
                # Most of the folder can be skipped unread.
                position = max(position, common + _LAST_CHARACTER)
                break
            yield common, stored
            shown = common or stored.key


def _common_prefix(key: str, prefix: str, delimiter: str) -> str:
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return "" if end < 0 else key[: end + len(delimiter)]


def _common(call: Call, page: Page) -> list[Element]:
    said = [
        element("Name", call.bucket),
        element("Prefix", _written(call, call.target.parameter("prefix") or "")),
        element("MaxKeys", call.target.parameter("max-keys") or str(_DEFAULT_KEYS)),
        element("Delimiter", _written(call, call.target.parameter("delimiter") or "")),
        element("IsTruncated", str(page.truncated).lower()),
    ]
    if _is_encoded(call):
        said.append(element("EncodingType", "url"))
    return said


def _contents(call: Call, page: Page, owner: list[Element]) -> list[Element]:
    objects = [
        element(
            "Contents",
            element("Key", _written(call, stored.key)),
            element("LastModified", xml_time(stored.modified)),
            element("ETag", f'"{stored.contents.etag}"'),
            element("Type", stored.contents.kind),
            element("Size", str(stored.contents.size)),
            element("StorageClass", "Standard"),
            *owner,
        )
        for stored in page.objects
    ]
    prefixes = [
        element("CommonPrefixes", element("Prefix", _written(call, prefix)))
        for prefix in page.prefixes
    ]
    return objects + prefixes


def _owner(call: Call) -> list[Element]:
    account = call.account_id
    return [element("Owner", element("ID", account), element("DisplayName", account))]


def _is_encoded(call: Call) -> bool:
    encoding = call.target.parameter("encoding-type")
    if encoding not in (None, "", "url"):
        raise invalid_argument("encoding-type", encoding or "", "encoding-type must be url.")
    return encoding == "url"


def _written(call: Call, text: str) -> str:
    return quote(text, safe="") if _is_encoded(call) else text


def _token_of(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _key_of(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = "The continuation token provided is incorrect."
        raise invalid_argument("continuation-token", token, text) from None
