"""ListMultipartUploads and ListParts."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.context import OssRequestContext, encoding_elements, xml_response
from facescreen_local.oss.headers import format_xml_time
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.listing import common_prefix_elements
from facescreen_local.oss.operations.multipart import read_upload_id
from facescreen_local.oss.operations.paging import ListingQuery, collect_page
from facescreen_local.oss.store.cursor import ListingMarker
from facescreen_local.oss.store.uploads import MAX_PARTS, MultipartUpload, UploadedPart
from facescreen_local.protocol.xml_body import element

_MAX_PAGE_SIZE = 1000


@OPERATIONS.register("GET", "/bucket", "uploads", name="ListMultipartUploads")
async def list_multipart_uploads(context: OssRequestContext) -> web.Response:
    """List the bucket's uploads. Without a key marker, an upload id marker is ignored."""
    key_marker = context.get_parameter("key-marker")
    marker = ListingMarker(
        key_marker, context.get_parameter("upload-id-marker") if key_marker else ""
    )
    limit = context.get_integer_parameter("max-uploads", 1, _MAX_PAGE_SIZE, default=_MAX_PAGE_SIZE)
    query = ListingQuery(
        context.get_parameter("prefix"), context.get_parameter("delimiter"), marker, limit
    )
    page = collect_page(
        query,
        lambda *position: context.store.uploads.list_after(context.bucket, *position),
        lambda upload: ListingMarker(upload.key, upload.id),
    )
    last = page.last if page.truncated else ListingMarker()
    root = element(
        "ListMultipartUploadsResult",
        *encoding_elements(context),
        element("Bucket", context.bucket),
        element("KeyMarker", context.encode_name(marker.key)),
        element("UploadIdMarker", marker.id),
        element("NextKeyMarker", context.encode_name(last.key)),
        element("NextUploadIdMarker", last.id),
        element("Delimiter", context.encode_name(query.delimiter)),
        element("Prefix", context.encode_name(query.prefix)),
        element("MaxUploads", str(limit)),
        element("IsTruncated", str(page.truncated).lower()),
        *(_upload_element(context, upload) for upload in page.items),
        *common_prefix_elements(context, page.prefixes),
    )
    return xml_response(root)


@OPERATIONS.register("GET", "/bucket/key", "uploadId", name="ListParts")
async def list_parts(context: OssRequestContext) -> web.Response:
    """List the parts of an upload by number, one page at a time."""
    after = context.get_integer_parameter("part-number-marker", 0, MAX_PARTS, default=0)
    limit = context.get_integer_parameter("max-parts", 1, _MAX_PAGE_SIZE, default=_MAX_PAGE_SIZE)
    upload_id = read_upload_id(context)
    following = context.store.uploads.list_parts(
        context.bucket, context.key, upload_id, after, limit + 1
    )
    parts, truncated = following[:limit], len(following) > limit
    root = element(
        "ListPartsResult",
        *encoding_elements(context),
        element("Bucket", context.bucket),
        element("Key", context.encode_name(context.key)),
        element("UploadId", upload_id),
        element("PartNumberMarker", str(after)),
        element("NextPartNumberMarker", str(parts[-1].number if parts else after)),
        element("MaxParts", str(limit)),
        element("IsTruncated", str(truncated).lower()),
        element("StorageClass", "Standard"),
        *(_part_element(part) for part in parts),
    )
    return xml_response(root)


def _upload_element(context: OssRequestContext, upload: MultipartUpload) -> Element:
    return element(
        "Upload",
        element("Key", context.encode_name(upload.key)),
        element("UploadId", upload.id),
        element("StorageClass", "Standard"),
        element("Initiated", format_xml_time(upload.initiated)),
    )


def _part_element(part: UploadedPart) -> Element:
    return element(
        "Part",
        element("PartNumber", str(part.number)),
        element("LastModified", format_xml_time(part.modified)),
        element("ETag", f'"{part.blob.md5}"'),
        element("HashCrc64ecma", part.blob.crc64),
        element("Size", str(part.blob.size)),
    )
