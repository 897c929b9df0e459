"""ListObjects, versions 1 and 2, and ListObjectVersions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.context import OssRequestContext, encoding_elements, xml_response
from facescreen_local.oss.errors import invalid_argument_error
from facescreen_local.oss.headers import format_xml_time
from facescreen_local.oss.names import validate_version_id
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.paging import ListingQuery, OssListingPage, collect_page
from facescreen_local.oss.store.cursor import ListingMarker
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element

_DEFAULT_MAX_KEYS = 100
_MAX_KEYS = 1000


@OPERATIONS.register("GET", "/bucket", name="ListObjects")
async def list_objects(context: OssRequestContext) -> web.Response:
    """List current versions by key, one page at a time; a marker (a key) starts the next page."""
    query = _read_query(context, ListingMarker(context.get_parameter("marker")))
    page = _list_current(context, query)
    elements = [
        *_shared_listing_elements(context, query, page),
        element("Marker", context.encode_name(query.marker.key)),
    ]
    if page.truncated:
        elements.append(element("NextMarker", context.encode_name(page.last.key)))
    elements.extend(
        element("Contents", *_object_elements(context, stored), context.owner_element())
        for stored in page.items
    )
    elements.extend(common_prefix_elements(context, page.prefixes))
    return xml_response(element("ListBucketResult", *elements))


@OPERATIONS.register("GET", "/bucket", "list-type=2", name="ListObjectsV2")
async def list_objects_v2(context: OssRequestContext) -> web.Response:
    """List current versions by key, one page at a time; a token starts the next page."""
    token, start = context.get_parameter("continuation-token"), context.get_parameter("start-after")
    query = _read_query(context, ListingMarker(_decode_token(token) if token else start))
    page = _list_current(context, query)
    elements = [
        *_shared_listing_elements(context, query, page),
        element("KeyCount", str(page.count)),
    ]
    elements.append(element("StartAfter", context.encode_name(start)))
    if token:
        elements.append(element("ContinuationToken", token))
    if page.truncated:
        elements.append(element("NextContinuationToken", _encode_token(page.last.key)))
    owner = [context.owner_element()] if context.get_parameter("fetch-owner") == "true" else []
    elements.extend(
        element("Contents", *_object_elements(context, stored), *owner) for stored in page.items
    )
    elements.extend(common_prefix_elements(context, page.prefixes))
    return xml_response(element("ListBucketResult", *elements))


@OPERATIONS.register("GET", "/bucket", "versions", name="ListObjectVersions")
async def list_object_versions(context: OssRequestContext) -> web.Response:
    """List all versions by key, the newest first, including delete markers."""
    query = _read_query(context, _read_version_marker(context))
    page = collect_page(
        query,
        lambda *position: context.store.objects.list_versions_after(context.bucket, *position),
        lambda stored: ListingMarker(stored.key, stored.version),
    )
    elements = [
        *_shared_listing_elements(context, query, page),
        element("KeyMarker", context.encode_name(query.marker.key)),
    ]
    elements.append(element("VersionIdMarker", query.marker.id))
    if page.truncated:
        elements.append(element("NextKeyMarker", context.encode_name(page.last.key)))
        elements.append(element("NextVersionIdMarker", page.last.id))
    elements.extend(_version_element(context, stored) for stored in page.items)
    elements.extend(common_prefix_elements(context, page.prefixes))
    return xml_response(element("ListVersionsResult", *elements))


def common_prefix_elements(context: OssRequestContext, prefixes: Iterable[str]) -> list[Element]:
    """Return one CommonPrefixes element for each prefix."""
    return [
        element("CommonPrefixes", element("Prefix", context.encode_name(prefix)))
        for prefix in prefixes
    ]


def _read_query(context: OssRequestContext, marker: ListingMarker) -> ListingQuery:
    limit = context.get_integer_parameter("max-keys", 1, _MAX_KEYS, default=_DEFAULT_MAX_KEYS)
    return ListingQuery(
        context.get_parameter("prefix"), context.get_parameter("delimiter"), marker, limit
    )


def _list_current(context: OssRequestContext, query: ListingQuery) -> OssListingPage[StoredObject]:
    return collect_page(
        query,
        lambda *position: context.store.objects.list_current_after(context.bucket, *position),
        lambda stored: ListingMarker(stored.key),
    )


def _read_version_marker(context: OssRequestContext) -> ListingMarker:
    key, version = context.get_parameter("key-marker"), context.get_parameter("version-id-marker")
    if not version:
        return ListingMarker(key)
    if not key:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument_error("version-id-marker", version, message)
    validate_version_id(version)
    return ListingMarker(key, version)


def _shared_listing_elements(
    context: OssRequestContext, query: ListingQuery, page: OssListingPage[StoredObject]
) -> list[Element]:
    return [
        *encoding_elements(context),
        element("Name", context.bucket),
        element("Prefix", context.encode_name(query.prefix)),
        element("MaxKeys", str(query.limit)),
        element("Delimiter", context.encode_name(query.delimiter)),
        element("IsTruncated", str(page.truncated).lower()),
    ]


def _object_elements(context: OssRequestContext, stored: StoredObject) -> list[Element]:
    return [
        element("Key", context.encode_name(stored.key)),
        element("LastModified", format_xml_time(stored.modified)),
        element("ETag", f'"{stored.contents.etag}"'),
        element("Type", stored.contents.object_type),
        element("Size", str(stored.contents.size)),
        element("StorageClass", "Standard"),
    ]


def _version_element(context: OssRequestContext, stored: StoredObject) -> Element:
    elements = [
        element("VersionId", stored.version),
        element("IsLatest", str(stored.latest).lower()),
        context.owner_element(),
    ]
    if not stored.deleted:
        return element("Version", *elements, *_object_elements(context, stored))
    elements.append(element("Key", context.encode_name(stored.key)))
    elements.append(element("LastModified", format_xml_time(stored.modified)))
    return element("DeleteMarker", *elements)


def _encode_token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        message = "The continuation token provided is incorrect."
        raise invalid_argument_error("continuation-token", token, message) from None
