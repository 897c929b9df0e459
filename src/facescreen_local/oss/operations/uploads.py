"""ListMultipartUploads and ListParts: what is uploaded, and no object yet."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.context import Call, encoding_elements, xml_response
from facescreen_local.oss.headers import xml_time
from facescreen_local.oss.operations.listing import common_prefixes
from facescreen_local.oss.operations.multipart import upload_id
from facescreen_local.oss.operations.paging import Wanted, page_of
from facescreen_local.oss.store.cursor import Marker
from facescreen_local.oss.store.uploads import MOST_PARTS, Part, Upload
from facescreen_local.protocol.xml_body import element

_MOST = 1000


async def list_multipart_uploads(call: Call) -> web.Response:
    """GET /bucket?uploads. Without a key marker, an upload id marker is ignored."""
    key_marker = call.parameter("key-marker")
    marker = Marker(key_marker, call.parameter("upload-id-marker") if key_marker else "")
    limit = call.number("max-uploads", 1, _MOST, default=_MOST)
    wanted = Wanted(call.parameter("prefix"), call.parameter("delimiter"), marker, limit)
    page = page_of(
        wanted,
        lambda *position: call.store.uploads.after(call.bucket, *position),
        lambda upload: Marker(upload.key, upload.id),
    )
    last = page.last if page.truncated else Marker()
    root = element(
        "ListMultipartUploadsResult",
        *encoding_elements(call),
        element("Bucket", call.bucket),
        element("KeyMarker", call.encoded(marker.key)),
        element("UploadIdMarker", marker.id),
        element("NextKeyMarker", call.encoded(last.key)),
        element("NextUploadIdMarker", last.id),
        element("Delimiter", call.encoded(wanted.delimiter)),
        element("Prefix", call.encoded(wanted.prefix)),
        element("MaxUploads", str(limit)),
        element("IsTruncated", str(page.truncated).lower()),
        *(_upload(call, upload) for upload in page.items),
        *common_prefixes(call, page.prefixes),
    )
    return xml_response(root)


async def list_parts(call: Call) -> web.Response:
    """GET /bucket/key?uploadId=id."""
    after = call.number("part-number-marker", 0, MOST_PARTS, default=0)
    limit = call.number("max-parts", 1, _MOST, default=_MOST)
    upload = upload_id(call)
    found = call.store.uploads.parts(call.bucket, call.key, upload, after, limit + 1)
    parts, truncated = found[:limit], len(found) > limit
    root = element(
        "ListPartsResult",
        *encoding_elements(call),
        element("Bucket", call.bucket),
        element("Key", call.encoded(call.key)),
        element("UploadId", upload),
        element("PartNumberMarker", str(after)),
        element("NextPartNumberMarker", str(parts[-1].number if parts else after)),
        element("MaxParts", str(limit)),
        element("IsTruncated", str(truncated).lower()),
        element("StorageClass", "Standard"),
        *(_part(part) for part in parts),
    )
    return xml_response(root)


def _upload(call: Call, upload: Upload) -> Element:
    return element(
        "Upload",
        element("Key", call.encoded(upload.key)),
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
