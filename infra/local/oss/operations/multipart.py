"""Multipart uploads: an object out of parts, made at once when they are complete."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from ..body import receive, receive_xml
from ..call import xml_response
from ..errors import OssError, malformed_xml
from ..headers import kept_headers, written_headers, xml_time
from ..markup import element, parse, text_of
from ..notifications import Change
from ..store.objects import MULTIPART, Contents
from .tags import tags_of_header
from .writing import announce, overwrite_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..call import Call
    from ..store.blobs import Blob
    from ..store.uploads import Part

MOST_PARTS = 10_000
SMALLEST_PART = 100 * 1024


async def initiate_multipart_upload(call: Call) -> web.Response:
    """POST /bucket/key?uploads."""
    headers, tags = kept_headers(call.headers), tags_of_header(call.headers.get("x-oss-tagging"))
    upload_id = call.store.uploads.start(call.bucket, call.key, headers, tags)
    _announce_step(call, "InitiateMultipartUpload", None)
    root = element(
        "InitiateMultipartUploadResult",
        element("Bucket", call.bucket),
        element("Key", call.key),
        element("UploadId", upload_id),
    )
    return xml_response(root)


async def upload_part(call: Call) -> web.Response:
    """PUT /bucket/key?partNumber=n&uploadId=id."""
    number = call.number("partNumber", 1, MOST_PARTS)
    call.store.uploads.get(call.bucket, call.key, _upload_id(call))
    blob = await receive(call.request, call.store.blobs)
    call.store.uploads.put_part(call.bucket, call.key, _upload_id(call), number, blob)
    _announce_step(call, "UploadPart", blob)
    said = {"ETag": f'"{blob.md5}"', "x-oss-hash-crc64ecma": blob.crc64}
    return web.Response(headers=said)


async def complete_multipart_upload(call: Call) -> web.Response:
    """POST /bucket/key?uploadId=id, with the list of parts."""
    root = parse(await receive_xml(call.request), "CompleteMultipartUpload")
    listed = [(text_of(part, "PartNumber"), text_of(part, "ETag")) for part in root.iter("Part")]
    upload = call.store.uploads.get(call.bucket, call.key, _upload_id(call))
    kept = call.store.uploads.parts(call.bucket, call.key, upload.id)
    parts = _chosen(listed, {str(part.number): part for part in kept})
    blob = await asyncio.to_thread(_joined, call, parts)
    contents = Contents(
        kind=MULTIPART,
        blob=blob.name,
        size=blob.size,
        etag=_etag(parts),
        crc64=blob.crc64,
        headers=upload.headers,
        tags=upload.tags,
    )
    written = call.store.objects.put(call.bucket, call.key, contents, overwrite_rule(call))
    call.store.uploads.end(call.bucket, call.key, upload.id)
    announce(call, "ObjectCreated:CompleteMultipartUpload", written)
    result = element(
        "CompleteMultipartUploadResult",
        element("Location", str(call.request.url.with_query(None))),
        element("Bucket", call.bucket),
        element("Key", call.key),
        element("ETag", f'"{contents.etag}"'),
    )
    return xml_response(result, written_headers(written.stored))


async def abort_multipart_upload(call: Call) -> web.Response:
    """DELETE /bucket/key?uploadId=id."""
    call.store.uploads.end(call.bucket, call.key, _upload_id(call))
    return web.Response(status=204)


async def list_parts(call: Call) -> web.Response:
    """GET /bucket/key?uploadId=id: all of them on one page."""
    parts = call.store.uploads.parts(call.bucket, call.key, _upload_id(call))
    last = str(parts[-1].number) if parts else "0"
    listed = [
        element(
            "Part",
            element("PartNumber", str(part.number)),
            element("LastModified", xml_time(part.modified)),
            element("ETag", f'"{part.blob.md5}"'),
            element("HashCrc64ecma", part.blob.crc64),
            element("Size", str(part.blob.size)),
        )
        for part in parts
    ]
    root = element(
        "ListPartsResult",
        element("Bucket", call.bucket),
        element("Key", call.key),
        element("UploadId", _upload_id(call)),
        element("NextPartNumberMarker", last),
        element("MaxParts", str(MOST_PARTS)),
        element("IsTruncated", "false"),
        *listed,
    )
    return xml_response(root)


def _upload_id(call: Call) -> str:
    return call.target.parameter("uploadId") or ""


def _chosen(listed: Sequence[tuple[str, str]], kept: dict[str, Part]) -> list[Part]:
    """The parts that the request lists, each as it was uploaded. Raises OssError."""
    if not listed:
        raise malformed_xml()
    parts = []
    for number, etag in listed:
        part = kept.get(number)
        if part is None or part.blob.md5 != etag.strip('"').upper():
            text = "One or more of the specified parts could not be found or its ETag differs."
            raise OssError(400, "InvalidPart", text, {"PartNumber": number})
        parts.append(part)
    numbers = [part.number for part in parts]
    if numbers != sorted(set(numbers)):
        text = "The list of parts was not in ascending order."
        raise OssError(400, "InvalidPartOrder", text)
    if any(part.blob.size < SMALLEST_PART for part in parts[:-1]):
        text = "Your proposed upload is smaller than the minimum allowed size."
        raise OssError(400, "EntityTooSmall", text, {"MinSizeAllowed": str(SMALLEST_PART)})
    return parts


def _joined(call: Call, parts: Sequence[Part]) -> Blob:
    blobs = call.store.blobs
    try:
        return blobs.joined(blobs.open(part.blob.name) for part in parts)
    except FileNotFoundError:
        text = "The upload was changed, aborted or completed meanwhile."
        raise OssError(404, "NoSuchUpload", text) from None


def _etag(parts: Sequence[Part]) -> str:
    digests = b"".join(bytes.fromhex(part.blob.md5) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest().upper()}-{len(parts)}"


def _announce_step(call: Call, step: str, part: Blob | None) -> None:
    """OSS tells of every step, long before there is an object."""
    call.notify(
        Change(
            event=f"ObjectCreated:{step}",
            bucket=call.bucket,
            key=call.key,
            etag=part.md5 if part else "",
            size=part.size if part else 0,
            delta=part.size if part else 0,
            headers={},
        )
    )
