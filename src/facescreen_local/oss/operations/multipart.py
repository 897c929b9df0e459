"""Multipart uploads: objects assembled from parts."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence

from aiohttp import web

from facescreen_local.oss.body import receive_blob, receive_xml
from facescreen_local.oss.conditions import make_overwrite_check
from facescreen_local.oss.context import OssRequestContext, encoding_elements, xml_response
from facescreen_local.oss.errors import NoSuchKeyError, OssError, malformed_xml_error
from facescreen_local.oss.events import build_created_change, build_upload_change
from facescreen_local.oss.headers import build_write_result_headers
from facescreen_local.oss.metadata import parse_metadata
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import StoredBucket
from facescreen_local.oss.store.contents import MULTIPART_TYPE, ObjectContents
from facescreen_local.oss.store.uploads import MAX_PARTS, MultipartUpload, UploadedPart
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import child_text, element, parse_xml

MIN_PART_BYTES = 100 * 1024


@OPERATIONS.register("POST", "/bucket/key", "uploads", name="InitiateMultipartUpload")
async def initiate_multipart_upload(context: OssRequestContext) -> web.Response:
    """Start an upload with the object's metadata."""
    metadata = parse_metadata(context.headers)
    bucket = context.store.buckets.get(context.bucket)
    with contextlib.suppress(NoSuchKeyError):
        make_overwrite_check(context.headers)(
            bucket, context.store.objects.find(context.bucket, context.key)
        )
    upload_id = context.store.uploads.start(
        context.bucket, context.key, metadata, context.date_write()
    )
    context.notify(
        build_upload_change("ObjectCreated:InitiateMultipartUpload", context.bucket, context.key)
    )
    root = element(
        "InitiateMultipartUploadResult",
        *encoding_elements(context),
        element("Bucket", context.bucket),
        element("Key", context.encode_name(context.key)),
        element("UploadId", upload_id),
    )
    return xml_response(root, metadata.encryption)


@OPERATIONS.register("PUT", "/bucket/key", "uploadId", name="UploadPart")
async def upload_part(context: OssRequestContext) -> web.Response:
    """Upload a part, or replace the one with the same number."""
    number = read_part_number(context)
    upload = context.store.uploads.get(context.bucket, context.key, read_upload_id(context))
    blob = await receive_blob(context.request, context.store.blobs)
    part = UploadedPart(number, context.date_write(), blob)
    context.store.uploads.put_part(context.bucket, context.key, upload.id, part)
    context.notify(
        build_upload_change("ObjectCreated:UploadPart", context.bucket, context.key, blob)
    )
    return web.Response(headers=build_part_headers(upload, blob))


@OPERATIONS.register("POST", "/bucket/key", "uploadId", name="CompleteMultipartUpload")
async def complete_multipart_upload(context: OssRequestContext) -> web.Response:
    """Create the object from the listed parts, or from all parts if a header asks for it.

    The pages of OSS don't say which Last-Modified it gets. S3's is when the upload was initiated,
    so it can be older than that of the object that it replaces.
    """
    body = await receive_xml(context.request)
    upload = context.store.uploads.get(context.bucket, context.key, read_upload_id(context))
    parts = context.store.uploads.list_parts(context.bucket, context.key, upload.id)
    if context.headers.get("x-oss-complete-all", "").lower() != "yes":
        parts = _select_parts(_parse_part_list(body), {str(part.number): part for part in parts})
    _check_parts(parts)
    blob = await asyncio.to_thread(_concatenate, context, parts)
    contents = ObjectContents(MULTIPART_TYPE, blob, _compute_multipart_etag(parts), upload.metadata)
    check_overwrite = make_overwrite_check(context.headers)

    def check(bucket: StoredBucket, current: StoredObject | None) -> None:
        # A concurrent request may have completed the upload.
        context.store.uploads.get(context.bucket, context.key, upload.id)
        check_overwrite(bucket, current)

    initiated = context.behaviour.multipart_last_modified == "initiated"
    modified = upload.initiated if initiated else context.date_write()
    write_result = context.store.objects.put(
        context.bucket,
        context.key,
        contents,
        check=check,
        modified=modified,
    )
    context.store.uploads.remove(context.bucket, context.key, upload.id)
    context.notify(build_created_change("CompleteMultipartUpload", context.bucket, write_result))
    result = element(
        "CompleteMultipartUploadResult",
        *encoding_elements(context),
        element("Location", str(context.request.url.with_query(None))),
        element("Bucket", context.bucket),
        element("Key", context.encode_name(context.key)),
        element("ETag", f'"{contents.etag}"'),
    )
    return xml_response(result, build_write_result_headers(write_result.stored))


@OPERATIONS.register("DELETE", "/bucket/key", "uploadId", name="AbortMultipartUpload")
async def abort_multipart_upload(context: OssRequestContext) -> web.Response:
    """Delete the upload and its parts."""
    context.store.uploads.remove(context.bucket, context.key, read_upload_id(context))
    context.notify(
        build_upload_change("ObjectRemoved:AbortMultipartUpload", context.bucket, context.key)
    )
    return web.Response(status=204)


def read_upload_id(context: OssRequestContext) -> str:
    """Return the id of the upload that the request names."""
    return context.get_parameter("uploadId")


def read_part_number(context: OssRequestContext) -> int:
    """Return the number of the part that the request names. Raises OssError InvalidArgument."""
    return context.get_integer_parameter("partNumber", 1, MAX_PARTS)


def build_part_headers(upload: MultipartUpload, part: Blob) -> dict[str, str]:
    """The headers of a response to an uploaded part."""
    headers = {"ETag": f'"{part.md5}"', "x-oss-hash-crc64ecma": part.crc64}
    return {**headers, **upload.metadata.encryption}


def _parse_part_list(body: bytes) -> list[tuple[str, str]]:
    """Return the numbers and ETags of the listed parts. Raises OssError MalformedXML."""
    root = parse_xml(body, "CompleteMultipartUpload")
    return [
        (child_text(part, "PartNumber"), child_text(part, "ETag")) for part in root.iter("Part")
    ]


def _select_parts(
    part_list: Sequence[tuple[str, str]], uploaded: dict[str, UploadedPart]
) -> list[UploadedPart]:
    """Return the uploaded parts that the request lists. Raises OssError."""
    parts = []
    for number, etag in part_list:
        part = uploaded.get(number)
        if part is None or part.blob.md5 != etag.strip('"').upper():
            message = "One or more of the specified parts could not be found or its ETag differs."
            raise OssError(400, "InvalidPart", message, {"PartNumber": number})
        parts.append(part)
    numbers = [part.number for part in parts]
    if numbers != sorted(set(numbers)):
        message = "The list of parts was not in ascending order."
        raise OssError(400, "InvalidPartOrder", message)
    return parts


def _check_parts(parts: Sequence[UploadedPart]) -> None:
    if not parts:
        raise malformed_xml_error()
    if any(part.blob.size < MIN_PART_BYTES for part in parts[:-1]):
        message = "Your proposed upload is smaller than the minimum allowed size."
        raise OssError(400, "EntityTooSmall", message, {"MinSizeAllowed": str(MIN_PART_BYTES)})


def _concatenate(context: OssRequestContext, parts: Sequence[UploadedPart]) -> Blob:
    blobs = context.store.blobs
    try:
        return blobs.concatenate(blobs.open(part.blob.name) for part in parts)
    except FileNotFoundError:
        message = "The upload was changed, aborted or completed meanwhile."
        raise OssError(404, "NoSuchUpload", message) from None


def _compute_multipart_etag(parts: Sequence[UploadedPart]) -> str:
    digests = b"".join(bytes.fromhex(part.blob.md5) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest().upper()}-{len(parts)}"
