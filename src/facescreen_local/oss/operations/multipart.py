"""Multipart uploads: an object out of parts, made at once when they are complete."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence

from aiohttp import web

from facescreen_local.oss.body import receive, receive_xml
from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import RequestContext, encoding_elements, xml_response
from facescreen_local.oss.errors import NoSuchKeyError, OssError, malformed_xml
from facescreen_local.oss.events import created, upload_step
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import Bucket
from facescreen_local.oss.store.contents import MULTIPART, Contents
from facescreen_local.oss.store.uploads import MOST_PARTS, Part, Upload
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import child_text, element, parse_xml

SMALLEST_PART = 100 * 1024


@OPERATIONS.register("POST", "/bucket/key", "uploads", name="InitiateMultipartUpload")
async def initiate_multipart_upload(context: RequestContext) -> web.Response:
    """Start an upload, with the metadata that the object will have."""
    metadata = metadata_of(context.headers)
    bucket = context.store.buckets.get(context.bucket)
    with contextlib.suppress(NoSuchKeyError):
        overwrite_rule(context.headers)(
            bucket, context.store.objects.find(context.bucket, context.key)
        )
    upload = context.store.uploads.start(context.bucket, context.key, metadata)
    context.notify(
        upload_step("ObjectCreated:InitiateMultipartUpload", context.bucket, context.key)
    )
    root = element(
        "InitiateMultipartUploadResult",
        *encoding_elements(context),
        element("Bucket", context.bucket),
        element("Key", context.encoded(context.key)),
        element("UploadId", upload),
    )
    return xml_response(root, metadata.encryption)


@OPERATIONS.register("PUT", "/bucket/key", "uploadId", name="UploadPart")
async def upload_part(context: RequestContext) -> web.Response:
    """Add a part, or replace the one with its number."""
    number = part_number(context)
    upload = context.store.uploads.get(context.bucket, context.key, upload_id(context))
    blob = await receive(context.request, context.store.blobs)
    context.store.uploads.put_part(context.bucket, context.key, upload.id, number, blob)
    context.notify(upload_step("ObjectCreated:UploadPart", context.bucket, context.key, blob))
    return web.Response(headers=part_headers(upload, blob))


@OPERATIONS.register("POST", "/bucket/key", "uploadId", name="CompleteMultipartUpload")
async def complete_multipart_upload(context: RequestContext) -> web.Response:
    """Make an object of the parts listed, or of all where a header says so."""
    body = await receive_xml(context.request)
    upload = context.store.uploads.get(context.bucket, context.key, upload_id(context))
    parts = context.store.uploads.parts(context.bucket, context.key, upload.id)
    if context.headers.get("x-oss-complete-all", "").lower() != "yes":
        parts = _chosen(_listed(body), {str(part.number): part for part in parts})
    _check_parts(parts)
    blob = await asyncio.to_thread(_joined, context, parts)
    contents = Contents(MULTIPART, blob, _etag(parts), upload.metadata)
    may_overwrite = overwrite_rule(context.headers)

    def check(bucket: Bucket, current: StoredObject | None) -> None:
        # Whoever completes it at the same time may have been faster.
        context.store.uploads.get(context.bucket, context.key, upload.id)
        may_overwrite(bucket, current)

    written = context.store.objects.put(context.bucket, context.key, contents, check)
    context.store.uploads.end(context.bucket, context.key, upload.id)
    context.notify(created("CompleteMultipartUpload", context.bucket, written))
    result = element(
        "CompleteMultipartUploadResult",
        *encoding_elements(context),
        element("Location", str(context.request.url.with_query(None))),
        element("Bucket", context.bucket),
        element("Key", context.encoded(context.key)),
        element("ETag", f'"{contents.etag}"'),
    )
    return xml_response(result, written_headers(written.stored))


@OPERATIONS.register("DELETE", "/bucket/key", "uploadId", name="AbortMultipartUpload")
async def abort_multipart_upload(context: RequestContext) -> web.Response:
    """Forget the upload and its parts."""
    context.store.uploads.end(context.bucket, context.key, upload_id(context))
    context.notify(upload_step("ObjectRemoved:AbortMultipartUpload", context.bucket, context.key))
    return web.Response(status=204)


def upload_id(context: RequestContext) -> str:
    """Which upload the request is about."""
    return context.parameter("uploadId")


def part_number(context: RequestContext) -> int:
    """Which part it is about. Raises OssError InvalidArgument."""
    return context.number("partNumber", 1, MOST_PARTS)


def part_headers(upload: Upload, part: Blob) -> dict[str, str]:
    """What is answered to who brings a part."""
    said = {"ETag": f'"{part.md5}"', "x-oss-hash-crc64ecma": part.crc64}
    return {**said, **upload.metadata.encryption}


def _listed(body: bytes) -> list[tuple[str, str]]:
    """Numbers and ETags of the parts that the request lists. Raises OssError MalformedXML."""
    root = parse_xml(body, "CompleteMultipartUpload")
    return [
        (child_text(part, "PartNumber"), child_text(part, "ETag")) for part in root.iter("Part")
    ]


def _chosen(listed: Sequence[tuple[str, str]], kept: dict[str, Part]) -> list[Part]:
    """The parts that the request lists, each as it was uploaded. Raises OssError."""
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
    return parts


def _check_parts(parts: Sequence[Part]) -> None:
    if not parts:
        raise malformed_xml()
    if any(part.blob.size < SMALLEST_PART for part in parts[:-1]):
        text = "Your proposed upload is smaller than the minimum allowed size."
        raise OssError(400, "EntityTooSmall", text, {"MinSizeAllowed": str(SMALLEST_PART)})


def _joined(context: RequestContext, parts: Sequence[Part]) -> Blob:
    blobs = context.store.blobs
    try:
        return blobs.joined(blobs.open(part.blob.name) for part in parts)
    except FileNotFoundError:
        text = "The upload was changed, aborted or completed meanwhile."
        raise OssError(404, "NoSuchUpload", text) from None


def _etag(parts: Sequence[Part]) -> str:
    digests = b"".join(bytes.fromhex(part.blob.md5) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest().upper()}-{len(parts)}"
