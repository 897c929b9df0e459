"""Multipart uploads: an object out of parts, made at once when they are complete."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence

from aiohttp import web

from facescreen_local.oss.body import receive, receive_xml
from facescreen_local.oss.conditions import overwrite_rule
from facescreen_local.oss.context import Call, encoding_elements, xml_response
from facescreen_local.oss.errors import NoSuchKey, OssError, malformed_xml
from facescreen_local.oss.events import created, upload_step
from facescreen_local.oss.headers import written_headers
from facescreen_local.oss.metadata import metadata_of
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.buckets import Bucket
from facescreen_local.oss.store.contents import MULTIPART, Contents
from facescreen_local.oss.store.uploads import MOST_PARTS, Part, Upload
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.protocol.xml_body import element, parse, text_of

SMALLEST_PART = 100 * 1024


async def initiate_multipart_upload(call: Call) -> web.Response:
    """POST /bucket/key?uploads."""
    metadata = metadata_of(call.headers)
    bucket = call.store.buckets.get(call.bucket)
    with contextlib.suppress(NoSuchKey):
        overwrite_rule(call.headers)(bucket, call.store.objects.find(call.bucket, call.key))
    upload = call.store.uploads.start(call.bucket, call.key, metadata)
    call.notify(upload_step("ObjectCreated:InitiateMultipartUpload", call.bucket, call.key))
    root = element(
        "InitiateMultipartUploadResult",
        *encoding_elements(call),
        element("Bucket", call.bucket),
        element("Key", call.encoded(call.key)),
        element("UploadId", upload),
    )
    return xml_response(root, metadata.encryption)


async def upload_part(call: Call) -> web.Response:
    """PUT /bucket/key?partNumber=n&uploadId=id."""
    number = part_number(call)
    upload = call.store.uploads.get(call.bucket, call.key, upload_id(call))
    blob = await receive(call.request, call.store.blobs)
    call.store.uploads.put_part(call.bucket, call.key, upload.id, number, blob)
    call.notify(upload_step("ObjectCreated:UploadPart", call.bucket, call.key, blob))
    return web.Response(headers=part_headers(upload, blob))


async def complete_multipart_upload(call: Call) -> web.Response:
    """POST /bucket/key?uploadId=id, with the list of parts or a header that means all."""
    body = await receive_xml(call.request)
    upload = call.store.uploads.get(call.bucket, call.key, upload_id(call))
    parts = call.store.uploads.parts(call.bucket, call.key, upload.id)
    if call.headers.get("x-oss-complete-all", "").lower() != "yes":
        parts = _chosen(_listed(body), {str(part.number): part for part in parts})
    _check_parts(parts)
    blob = await asyncio.to_thread(_joined, call, parts)
    contents = Contents(MULTIPART, blob, _etag(parts), upload.metadata)
    may_overwrite = overwrite_rule(call.headers)

    def check(bucket: Bucket, current: StoredObject | None) -> None:
        # Whoever completes it at the same time may have been faster.
        call.store.uploads.get(call.bucket, call.key, upload.id)
        may_overwrite(bucket, current)

    written = call.store.objects.put(call.bucket, call.key, contents, check)
    call.store.uploads.end(call.bucket, call.key, upload.id)
    call.notify(created("CompleteMultipartUpload", call.bucket, written))
    result = element(
        "CompleteMultipartUploadResult",
        *encoding_elements(call),
        element("Location", str(call.request.url.with_query(None))),
        element("Bucket", call.bucket),
        element("Key", call.encoded(call.key)),
        element("ETag", f'"{contents.etag}"'),
    )
    return xml_response(result, written_headers(written.stored))


async def abort_multipart_upload(call: Call) -> web.Response:
    """DELETE /bucket/key?uploadId=id."""
    call.store.uploads.end(call.bucket, call.key, upload_id(call))
    call.notify(upload_step("ObjectRemoved:AbortMultipartUpload", call.bucket, call.key))
    return web.Response(status=204)


def upload_id(call: Call) -> str:
    """Which upload the request is about."""
    return call.parameter("uploadId")


def part_number(call: Call) -> int:
    """Which part it is about. Raises OssError InvalidArgument."""
    return call.number("partNumber", 1, MOST_PARTS)


def part_headers(upload: Upload, part: Blob) -> dict[str, str]:
    """What is answered to who brings a part."""
    said = {"ETag": f'"{part.md5}"', "x-oss-hash-crc64ecma": part.crc64}
    return {**said, **upload.metadata.encryption}


def _listed(body: bytes) -> list[tuple[str, str]]:
    """Numbers and ETags of the parts that the request lists. Raises OssError MalformedXML."""
    root = parse(body, "CompleteMultipartUpload")
    return [(text_of(part, "PartNumber"), text_of(part, "ETag")) for part in root.iter("Part")]


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
