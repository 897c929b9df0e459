"""ListObjects, versions 1 and 2, and ListObjectVersions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.context import RequestContext, encoding_elements, xml_response
from facescreen_local.oss.errors import invalid_argument
from facescreen_local.oss.headers import xml_time
from facescreen_local.oss.names import checked_version
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.paging import Page, Wanted, page_of
from facescreen_local.oss.store.cursor import Marker
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element

_DEFAULT_KEYS = 100
_MOST_KEYS = 1000


@OPERATIONS.register("GET", "/bucket", name="ListObjects")
async def list_objects(context: RequestContext) -> web.Response:
    """List current versions by key, page by page; a page follows a key."""
    wanted = _wanted(context, Marker(context.parameter("marker")))
    page = _current(context, wanted)
    said = [*_common(context, wanted, page), element("Marker", context.encoded(wanted.marker.key))]
    if page.truncated:
        said.append(element("NextMarker", context.encoded(page.last.key)))
    said.extend(
        element("Contents", *_object(context, each), context.owner()) for each in page.items
    )
    said.extend(common_prefixes(context, page.prefixes))
    return xml_response(element("ListBucketResult", *said))


@OPERATIONS.register("GET", "/bucket", "list-type=2", name="ListObjectsV2")
async def list_objects_v2(context: RequestContext) -> web.Response:
    """List current versions by key, page by page; a page follows a token."""
    token, start = context.parameter("continuation-token"), context.parameter("start-after")
    wanted = _wanted(context, Marker(_key_of(token) if token else start))
    page = _current(context, wanted)
    said = [*_common(context, wanted, page), element("KeyCount", str(page.count))]
    said.append(element("StartAfter", context.encoded(start)))
    if token:
        said.append(element("ContinuationToken", token))
    if page.truncated:
        said.append(element("NextContinuationToken", _token_of(page.last.key)))
    owner = [context.owner()] if context.parameter("fetch-owner") == "true" else []
    said.extend(element("Contents", *_object(context, each), *owner) for each in page.items)
    said.extend(common_prefixes(context, page.prefixes))
    return xml_response(element("ListBucketResult", *said))


@OPERATIONS.register("GET", "/bucket", "versions", name="ListObjectVersions")
async def list_object_versions(context: RequestContext) -> web.Response:
    """List all versions: of each key the newest first, delete markers among them."""
    wanted = _wanted(context, _version_marker(context))
    page = page_of(
        wanted,
        lambda *position: context.store.objects.versions_after(context.bucket, *position),
        lambda stored: Marker(stored.key, stored.version),
    )
    said = [
        *_common(context, wanted, page),
        element("KeyMarker", context.encoded(wanted.marker.key)),
    ]
    said.append(element("VersionIdMarker", wanted.marker.id))
    if page.truncated:
        said.append(element("NextKeyMarker", context.encoded(page.last.key)))
        said.append(element("NextVersionIdMarker", page.last.id))
    said.extend(_version(context, each) for each in page.items)
    said.extend(common_prefixes(context, page.prefixes))
    return xml_response(element("ListVersionsResult", *said))


def common_prefixes(context: RequestContext, prefixes: Iterable[str]) -> list[Element]:
    """One element each."""
    return [
        element("CommonPrefixes", element("Prefix", context.encoded(prefix))) for prefix in prefixes
    ]


def _wanted(context: RequestContext, marker: Marker) -> Wanted:
    limit = context.number("max-keys", 1, _MOST_KEYS, default=_DEFAULT_KEYS)
    return Wanted(context.parameter("prefix"), context.parameter("delimiter"), marker, limit)


def _current(context: RequestContext, wanted: Wanted) -> Page[StoredObject]:
    return page_of(
        wanted,
        lambda *position: context.store.objects.current_after(context.bucket, *position),
        lambda stored: Marker(stored.key),
    )


def _version_marker(context: RequestContext) -> Marker:
    key, version = context.parameter("key-marker"), context.parameter("version-id-marker")
    if not version:
        return Marker(key)
    if not key:
        text = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument("version-id-marker", version, text)
    checked_version(version)
    return Marker(key, version)


def _common(context: RequestContext, wanted: Wanted, page: Page[StoredObject]) -> list[Element]:
    return [
        *encoding_elements(context),
        element("Name", context.bucket),
        element("Prefix", context.encoded(wanted.prefix)),
        element("MaxKeys", str(wanted.limit)),
        element("Delimiter", context.encoded(wanted.delimiter)),
        element("IsTruncated", str(page.truncated).lower()),
    ]


def _object(context: RequestContext, stored: StoredObject) -> list[Element]:
    return [
        element("Key", context.encoded(stored.key)),
        element("LastModified", xml_time(stored.modified)),
        element("ETag", f'"{stored.contents.etag}"'),
        element("Type", stored.contents.kind),
        element("Size", str(stored.contents.size)),
        element("StorageClass", "Standard"),
    ]


def _version(context: RequestContext, stored: StoredObject) -> Element:
    said = [
        element("VersionId", stored.version),
        element("IsLatest", str(stored.latest).lower()),
        context.owner(),
    ]
    if not stored.deleted:
        return element("Version", *said, *_object(context, stored))
    said.append(element("Key", context.encoded(stored.key)))
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
