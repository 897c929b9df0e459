"""ListMultipartUploads and ListParts: what is uploaded, and no object yet."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.context import RequestContext, encoding_elements, xml_response
from facescreen_local.oss.headers import xml_time
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.listing import common_prefixes
from facescreen_local.oss.operations.multipart import upload_id
from facescreen_local.oss.operations.paging import Wanted, page_of
from facescreen_local.oss.store.cursor import Marker
from facescreen_local.oss.store.uploads import MOST_PARTS, Part, Upload
from facescreen_local.protocol.xml_body import element

_MOST = 1000


@OPERATIONS.register("GET", "/bucket", "uploads", name="ListMultipartUploads")
async def list_multipart_uploads(context: RequestContext) -> web.Response:
    """List the bucket's uploads. Without a key marker, an upload id marker is ignored."""
    key_marker = context.parameter("key-marker")
    marker = Marker(key_marker, context.parameter("upload-id-marker") if key_marker else "")
    limit = context.number("max-uploads", 1, _MOST, default=_MOST)
    wanted = Wanted(context.parameter("prefix"), context.parameter("delimiter"), marker, limit)
    page = page_of(
        wanted,
        lambda *position: context.store.uploads.after(context.bucket, *position),
        lambda upload: Marker(upload.key, upload.id),
    )
    last = page.last if page.truncated else Marker()
    root = element(
        "ListMultipartUploadsResult",
        *encoding_elements(context),
        element("Bucket", context.bucket),
        element("KeyMarker", context.encoded(marker.key)),
        element("UploadIdMarker", marker.id),
        element("NextKeyMarker", context.encoded(last.key)),
        element("NextUploadIdMarker", last.id),
        element("Delimiter", context.encoded(wanted.delimiter)),
        element("Prefix", context.encoded(wanted.prefix)),
        element("MaxUploads", str(limit)),
        element("IsTruncated", str(page.truncated).lower()),
        *(_upload(context, upload) for upload in page.items),
        *common_prefixes(context, page.prefixes),
    )
    return xml_response(root)


@OPERATIONS.register("GET", "/bucket/key", "uploadId", name="ListParts")
async def list_parts(context: RequestContext) -> web.Response:
    """List the parts of an upload by number, page by page."""
    after = context.number("part-number-marker", 0, MOST_PARTS, default=0)
    limit = context.number("max-parts", 1, _MOST, default=_MOST)
    upload = upload_id(context)
    found = context.store.uploads.parts(context.bucket, context.key, upload, after, limit + 1)
    parts, truncated = found[:limit], len(found) > limit
    root = element(
        "ListPartsResult",
        *encoding_elements(context),
        element("Bucket", context.bucket),
        element("Key", context.encoded(context.key)),
        element("UploadId", upload),
        element("PartNumberMarker", str(after)),
        element("NextPartNumberMarker", str(parts[-1].number if parts else after)),
        element("MaxParts", str(limit)),
        element("IsTruncated", str(truncated).lower()),
        element("StorageClass", "Standard"),
        *(_part(part) for part in parts),
    )
    return xml_response(root)


def _upload(context: RequestContext, upload: Upload) -> Element:
    return element(
        "Upload",
        element("Key", context.encoded(upload.key)),
        element("UploadId", upload.id),
        element("StorageClass", "Standard"),
        element("Initiated", xml_time(upload.initiated)),
    )


def _part(part: Part) -> Element:
    return element(
        "Part",
        element("PartNumber", str(part.number)),
        element("LastModified", xml_time(part.modified)),
        element("ETag", f'"{part.blob.md5}"'),
        element("HashCrc64ecma", part.blob.crc64),
        element("Size", str(part.blob.size)),
    )
