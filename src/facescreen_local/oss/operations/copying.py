"""CopyObject and UploadPartCopy: bytes out of another object."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.conditions import check_conditions, overwrite_rule
from facescreen_local.oss.context import RequestContext, xml_response
from facescreen_local.oss.errors import DeleteMarkerError, NoSuchKeyError, invalid_argument
from facescreen_local.oss.events import created, upload_step
from facescreen_local.oss.headers import written_headers, xml_time
from facescreen_local.oss.metadata import acl_of, encryption_of, kept_headers
from facescreen_local.oss.names import check_key, checked_version, is_utf8
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.multipart import part_headers, part_number, upload_id
from facescreen_local.oss.ranges import ByteRange, byte_range
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.contents import NORMAL, SYMLINK, Contents, Metadata
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.oss.tag_rules import tags_of_header
from facescreen_local.protocol.xml_body import element

SOURCE = "x-oss-copy-source"


@dataclass(frozen=True)
class Source:
    """The object that a copy is made of."""

    bucket: str
    key: str
    version_id: str | None


@OPERATIONS.register("PUT", "/bucket/key", "x-oss-copy-source", name="CopyObject")
async def copy_object(context: RequestContext) -> web.Response:
    """Copy another object. The copy of a symlink is a symlink."""
    named = source_of(context.headers[SOURCE])
    source, file = _opened(named, context.store.objects.open)
    with file:
        check_conditions(context.headers, source, f"{SOURCE}-")
        metadata = _metadata(context.headers, source.contents.metadata)
        blob = await asyncio.to_thread(context.store.blobs.joined, [file])
    contents = Contents(NORMAL, blob, blob.md5, metadata)
    if _keeps_its_kind(context, named, source):
        contents = replace(source.contents, blob=blob, metadata=metadata)
    may_overwrite = overwrite_rule(context.headers)
    written = context.store.objects.put(context.bucket, context.key, contents, may_overwrite)
    context.notify(created("CopyObject", context.bucket, written))
    said = {**written_headers(written.stored), **_source_header(source)}
    return xml_response(_result("CopyObjectResult", written.stored.modified, contents.etag), said)


@OPERATIONS.register("PUT", "/bucket/key", "uploadId&x-oss-copy-source", name="UploadPartCopy")
async def upload_part_copy(context: RequestContext) -> web.Response:
    """Take a part from another object: all of it, or ``x-oss-copy-source-range``."""
    number = part_number(context)
    upload = context.store.uploads.get(context.bucket, context.key, upload_id(context))
    source, file = _opened(source_of(context.headers[SOURCE]), context.store.objects.read)
    with file:
        check_conditions(context.headers, source, f"{SOURCE}-")
        blob = await asyncio.to_thread(_excerpt, context, file, source.contents.size)
    modified = context.store.uploads.put_part(context.bucket, context.key, upload.id, number, blob)
    context.notify(upload_step("ObjectCreated:UploadPartCopy", context.bucket, context.key, blob))
    said = {**part_headers(upload, blob), **_source_header(source)}
    return xml_response(_result("CopyPartResult", modified, blob.md5), said)


def source_of(header: str) -> Source:
    """Reads ``/bucket/key?versionId=…``, its path URL-encoded. Raises OssError."""
    path, _, query = header.partition("?")
    bucket, _, key = unquote(path, errors="surrogateescape").removeprefix("/").partition("/")
    if not bucket or not is_utf8(bucket):
        raise invalid_argument(SOURCE, "", "Copy source must be /bucket/key, URL-encoded.")
    check_key(key)
    return Source(bucket, key, checked_version(dict(parse_qsl(query)).get("versionId")))


def _opened(
    named: Source, opener: Callable[[str, str, str | None], tuple[StoredObject, BinaryIO]]
) -> tuple[StoredObject, BinaryIO]:
    try:
        return opener(named.bucket, named.key, named.version_id)
    except DeleteMarkerError as error:
        raise NoSuchKeyError(named.key, error.headers) from None


def _keeps_its_kind(context: RequestContext, named: Source, source: StoredObject) -> bool:
    """Symlinks do, and what is copied onto itself: only its metadata is to change."""
    itself = (named.bucket, named.key) == (context.bucket, context.key) and not source.versioned
    return itself or source.contents.kind == SYMLINK


def _excerpt(context: RequestContext, file: BinaryIO, size: int) -> Blob:
    """The range asked for; all of it where there is none, or none that fits."""
    asked = byte_range(context.headers.get(f"{SOURCE}-range"), size, standard=False)
    part = asked or ByteRange(0, size - 1)
    return context.store.blobs.excerpt(file, part.first, part.length)


def _metadata(headers: Mapping[str, str], source: Metadata) -> Metadata:
    """The copy's: access and encryption are never those of the source."""
    kept, tags = source.headers, source.tags
    if _replaces(headers, "x-oss-metadata-directive"):
        kept = kept_headers(headers)
    if _replaces(headers, "x-oss-tagging-directive"):
        tags = tags_of_header(headers.get("x-oss-tagging"))
    return Metadata(kept, tags, acl_of(headers), encryption_of(headers))


def _replaces(headers: Mapping[str, str], directive: str) -> bool:
    value = headers.get(directive, "COPY")
    if value.upper() not in ("COPY", "REPLACE"):
        raise invalid_argument(directive, "", f"{directive} must be COPY or REPLACE.")
    return value.upper() == "REPLACE"


def _source_header(source: StoredObject) -> dict[str, str]:
    if source.version_id is None:
        return {}
    return {f"{SOURCE}-version-id": source.version_id}


def _result(name: str, modified: float, etag: str) -> Element:
    moment = element("LastModified", xml_time(modified))
    return element(name, moment, element("ETag", f'"{etag}"'))
