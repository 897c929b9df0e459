"""CopyObject and UploadPartCopy, which read their bytes from another object."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote
from xml.etree.ElementTree import Element

from aiohttp import web

from facescreen_local.oss.conditions import check_conditions
from facescreen_local.oss.context import OssRequestContext, xml_response
from facescreen_local.oss.errors import (
    DeleteMarkerError,
    NoSuchKeyError,
    OssError,
    invalid_argument_error,
)
from facescreen_local.oss.events import build_upload_change
from facescreen_local.oss.headers import build_write_result_headers, format_xml_time
from facescreen_local.oss.metadata import parse_acl, parse_encryption, select_object_headers
from facescreen_local.oss.names import check_key, is_utf8, validate_version_id
from facescreen_local.oss.operations import OPERATIONS
from facescreen_local.oss.operations.multipart import (
    build_part_headers,
    read_part_number,
    read_upload_id,
)
from facescreen_local.oss.operations.storing import store_object
from facescreen_local.oss.ranges import ByteRange, parse_range
from facescreen_local.oss.store.blobs import Blob
from facescreen_local.oss.store.contents import (
    APPENDABLE_TYPE,
    NORMAL_TYPE,
    SYMLINK_TYPE,
    ObjectContents,
    ObjectMetadata,
)
from facescreen_local.oss.store.uploads import UploadedPart
from facescreen_local.oss.store.versions import StoredObject
from facescreen_local.oss.tag_rules import parse_tagging_header
from facescreen_local.protocol.xml_body import element

COPY_SOURCE_HEADER = "x-oss-copy-source"


@dataclass(frozen=True)
class CopySource:
    """The object to copy."""

    bucket: str
    key: str
    version_id: str | None


@OPERATIONS.register("PUT", "/bucket/key", "x-oss-copy-source", name="CopyObject")
async def copy_object(context: OssRequestContext) -> web.Response:
    """Copy an object. The copy of a symlink is a symlink; an appendable object can't be copied."""
    copy_source = parse_copy_source(context.headers[COPY_SOURCE_HEADER])
    source, file = _open_source(copy_source, context.store.objects.open)
    with file:
        check_conditions(context.headers, source, f"{COPY_SOURCE_HEADER}-")
        _check_copyable(context, copy_source, source)
        metadata = _build_metadata(context.headers, source.contents.metadata)
        blob = await asyncio.to_thread(context.store.blobs.concatenate, [file])
    contents = ObjectContents(NORMAL_TYPE, blob, blob.md5, metadata)
    if _keeps_object_type(context, copy_source, source):
        contents = replace(source.contents, blob=blob, metadata=metadata)
    stored = store_object(context, "CopyObject", context.key, contents, context.headers)
    headers = {**build_write_result_headers(stored), **_build_source_header(source)}
    return xml_response(
        _result_element("CopyObjectResult", stored.modified, contents.etag), headers
    )


@OPERATIONS.register("PUT", "/bucket/key", "uploadId&x-oss-copy-source", name="UploadPartCopy")
async def upload_part_copy(context: OssRequestContext) -> web.Response:
    """Upload a part from another object, or from its ``x-oss-copy-source-range``."""
    number = read_part_number(context)
    upload = context.store.uploads.get(context.bucket, context.key, read_upload_id(context))
    source, file = _open_source(
        parse_copy_source(context.headers[COPY_SOURCE_HEADER]),
        context.store.objects.open_following_symlink,
    )
    with file:
        check_conditions(context.headers, source, f"{COPY_SOURCE_HEADER}-")
        blob = await asyncio.to_thread(_copy_range, context, file, source.contents.size)
    modified = context.date_write()
    context.store.uploads.put_part(
        context.bucket, context.key, upload.id, UploadedPart(number, modified, blob)
    )
    context.notify(
        build_upload_change("ObjectCreated:UploadPartCopy", context.bucket, context.key, blob)
    )
    headers = {**build_part_headers(upload, blob), **_build_source_header(source)}
    return xml_response(_result_element("CopyPartResult", modified, blob.md5), headers)


def parse_copy_source(header: str) -> CopySource:
    """Parse ``/bucket/key?versionId=…``, whose path is URL-encoded. Raises OssError."""
    path, _, query = header.partition("?")
    bucket, _, key = unquote(path, errors="surrogateescape").removeprefix("/").partition("/")
    if not bucket or not is_utf8(bucket):
        raise invalid_argument_error(
            COPY_SOURCE_HEADER, "", "Copy source must be /bucket/key, URL-encoded."
        )
    check_key(key)
    return CopySource(bucket, key, validate_version_id(dict(parse_qsl(query)).get("versionId")))


def _open_source(
    copy_source: CopySource, opener: Callable[[str, str, str | None], tuple[StoredObject, BinaryIO]]
) -> tuple[StoredObject, BinaryIO]:
    try:
        return opener(copy_source.bucket, copy_source.key, copy_source.version_id)
    except DeleteMarkerError as error:
        raise NoSuchKeyError(copy_source.key, error.headers) from None


def _keeps_object_type(
    context: OssRequestContext, copy_source: CopySource, source: StoredObject
) -> bool:
    """Return whether the copy has its source's object type: a symlink does, and an object that is
    copied onto itself to change its metadata."""
    return (
        _is_same_object(context, copy_source, source) or source.contents.object_type == SYMLINK_TYPE
    )


def _check_copyable(
    context: OssRequestContext, copy_source: CopySource, source: StoredObject
) -> None:
    """Check that the source is no appendable object, or is only to get other metadata.

    OSS's pages disagree whether this holds in unversioned buckets too, and name no error code.
    """
    if source.contents.object_type == APPENDABLE_TYPE and not _is_same_object(
        context, copy_source, source
    ):
        raise OssError(400, "OperationNotSupported", "Appendable objects cannot be copied.")


def _is_same_object(
    context: OssRequestContext, copy_source: CopySource, source: StoredObject
) -> bool:
    same_name = (copy_source.bucket, copy_source.key) == (context.bucket, context.key)
    return same_name and not source.versioned


def _copy_range(context: OssRequestContext, file: BinaryIO, size: int) -> Blob:
    """Copy the requested range, or the whole object if there is none or it does not fit."""
    requested = parse_range(
        context.headers.get(f"{COPY_SOURCE_HEADER}-range"), size, standard=False
    )
    part = requested or ByteRange(0, size - 1)
    return context.store.blobs.copy_range(file, part.first, part.length)


def _build_metadata(headers: Mapping[str, str], source: ObjectMetadata) -> ObjectMetadata:
    """Return the copy's metadata. The source's ACL and encryption are never copied."""
    object_headers, tags = source.headers, source.tags
    if _is_replaced(headers, "x-oss-metadata-directive"):
        object_headers = select_object_headers(headers)
    if _is_replaced(headers, "x-oss-tagging-directive"):
        tags = parse_tagging_header(headers.get("x-oss-tagging"))
    return ObjectMetadata(object_headers, tags, parse_acl(headers), parse_encryption(headers))


def _is_replaced(headers: Mapping[str, str], directive: str) -> bool:
    value = headers.get(directive, "COPY")
    if value.upper() not in ("COPY", "REPLACE"):
        raise invalid_argument_error(directive, "", f"{directive} must be COPY or REPLACE.")
    return value.upper() == "REPLACE"


def _build_source_header(source: StoredObject) -> dict[str, str]:
    if source.version_id is None:
        return {}
    return {f"{COPY_SOURCE_HEADER}-version-id": source.version_id}


def _result_element(name: str, modified: int, etag: str) -> Element:
    modified_element = element("LastModified", format_xml_time(modified))
    return element(name, modified_element, element("ETag", f'"{etag}"'))
