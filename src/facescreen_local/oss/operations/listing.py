"""ListObjects, versions 1 and 2, and ListObjectVersions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.context import Call, encoding_elements, xml_response
from facescreen_local.oss.errors import invalid_argument
from facescreen_local.oss.headers import xml_time
from facescreen_local.oss.names import checked_version
from facescreen_local.oss.operations.paging import Page, Wanted, page_of
from facescreen_local.oss.store.cursor import Marker
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element

_DEFAULT_KEYS = 100
_MOST_KEYS = 1000


async def list_objects(call: Call) -> web.Response:
    """GET /bucket."""
    wanted = _wanted(call, Marker(call.parameter("marker")))
    page = _current(call, wanted)
    said = [*_common(call, wanted, page), element("Marker", call.encoded(wanted.marker.key))]
    if page.truncated:
        said.append(element("NextMarker", call.encoded(page.last.key)))
    said.extend(element("Contents", *_object(call, each), call.owner()) for each in page.items)
    said.extend(common_prefixes(call, page.prefixes))
    return xml_response(element("ListBucketResult", *said))


async def list_objects_v2(call: Call) -> web.Response:
    """GET /bucket?list-type=2."""
    token, start = call.parameter("continuation-token"), call.parameter("start-after")
    wanted = _wanted(call, Marker(_key_of(token) if token else start))
    page = _current(call, wanted)
    said = [*_common(call, wanted, page), element("KeyCount", str(page.count))]
    said.append(element("StartAfter", call.encoded(start)))
    if token:
        said.append(element("ContinuationToken", token))
    if page.truncated:
        said.append(element("NextContinuationToken", _token_of(page.last.key)))
    owner = [call.owner()] if call.parameter("fetch-owner") == "true" else []
    said.extend(element("Contents", *_object(call, each), *owner) for each in page.items)
    said.extend(common_prefixes(call, page.prefixes))
    return xml_response(element("ListBucketResult", *said))


async def list_object_versions(call: Call) -> web.Response:
    """GET /bucket?versions: of each key the newest first, delete markers among them."""
    wanted = _wanted(call, _version_marker(call))
    page = page_of(
        wanted,
        lambda *position: call.store.objects.versions_after(call.bucket, *position),
        lambda stored: Marker(stored.key, stored.version),
    )
    said = [*_common(call, wanted, page), element("KeyMarker", call.encoded(wanted.marker.key))]
    said.append(element("VersionIdMarker", wanted.marker.id))
    if page.truncated:
        said.append(element("NextKeyMarker", call.encoded(page.last.key)))
        said.append(element("NextVersionIdMarker", page.last.id))
    said.extend(_version(call, each) for each in page.items)
    said.extend(common_prefixes(call, page.prefixes))
    return xml_response(element("ListVersionsResult", *said))


def common_prefixes(call: Call, prefixes: Iterable[str]) -> list[Element]:
    """One element each."""
    return [
        element("CommonPrefixes", element("Prefix", call.encoded(prefix))) for prefix in prefixes
    ]


def _wanted(call: Call, marker: Marker) -> Wanted:
    limit = call.number("max-keys", 1, _MOST_KEYS, default=_DEFAULT_KEYS)
    return Wanted(call.parameter("prefix"), call.parameter("delimiter"), marker, limit)


def _current(call: Call, wanted: Wanted) -> Page[StoredObject]:
    return page_of(
        wanted,
        lambda *position: call.store.objects.current_after(call.bucket, *position),
        lambda stored: Marker(stored.key),
    )


def _version_marker(call: Call) -> Marker:
    key, version = call.parameter("key-marker"), call.parameter("version-id-marker")
    if not version:
        return Marker(key)
    if not key:
        text = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument("version-id-marker", version, text)
    checked_version(version)
    return Marker(key, version)


def _common(call: Call, wanted: Wanted, page: Page[StoredObject]) -> list[Element]:
    return [
        *encoding_elements(call),
        element("Name", call.bucket),
        element("Prefix", call.encoded(wanted.prefix)),
        element("MaxKeys", str(wanted.limit)),
        element("Delimiter", call.encoded(wanted.delimiter)),
        element("IsTruncated", str(page.truncated).lower()),
    ]


def _object(call: Call, stored: StoredObject) -> list[Element]:
    return [
        element("Key", call.encoded(stored.key)),
        element("LastModified", xml_time(stored.modified)),
        element("ETag", f'"{stored.contents.etag}"'),
        element("Type", stored.contents.kind),
        element("Size", str(stored.contents.size)),
        element("StorageClass", "Standard"),
    ]


def _version(call: Call, stored: StoredObject) -> Element:
    said = [
        element("VersionId", stored.version),
        element("IsLatest", str(stored.latest).lower()),
        call.owner(),
    ]
    if not stored.deleted:
        return element("Version", *said, *_object(call, stored))
    said.append(element("Key", call.encoded(stored.key)))
    said.append(element("LastModified", xml_time(stored.modified)))
    return element("DeleteMarker", *said)


def _token_of(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _key_of(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = "The continuation token provided is incorrect."
        raise invalid_argument("continuation-token", token, text) from None
