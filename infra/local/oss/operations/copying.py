"""CopyObject: the source's bytes, with its own or new metadata and tags."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from ..call import xml_response
from ..conditions import check_conditions
from ..errors import OssError, invalid_argument, precondition_failed
from ..headers import kept_headers, written_headers, xml_time
from ..markup import element
from ..store.objects import NORMAL, Contents
from .tags import tags_of_header
from .writing import announce, overwrite_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from ..call import Call
    from ..store.objects import StoredObject

SOURCE = "x-oss-copy-source"


@dataclass(frozen=True)
class Source:
    """The object that a copy is made of."""

    bucket: str
    key: str
    version_id: str | None


async def copy_object(call: Call) -> web.Response:
    """PUT /bucket/key with ``x-oss-copy-source``."""
    named = source_of(call.headers[SOURCE])
    source, file = call.store.objects.open(named.bucket, named.key, named.version_id)
    with file:
        _check_source(call.headers, source)
        headers, tags = _metadata(call, source)
        blob = await asyncio.to_thread(call.store.blobs.joined, [file])
    contents = Contents(NORMAL, blob.name, blob.size, blob.md5, blob.crc64, headers, tags)
    written = call.store.objects.put(call.bucket, call.key, contents, overwrite_rule(call))
    announce(call, "ObjectCreated:CopyObject", written)
    stored = written.stored
    root = element(
        "CopyObjectResult",
        element("LastModified", xml_time(stored.modified)),
        element("ETag", f'"{stored.contents.etag}"'),
    )
    said = written_headers(stored)
    if source.version_id is not None:
        said["x-oss-copy-source-version-id"] = source.version_id
    return xml_response(root, said)


def source_of(header: str) -> Source:
    """Reads ``/bucket/key?versionId=…``, its path URL-encoded. Raises OssError InvalidArgument."""
    path, _, query = header.partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key or "\ufffd" in path:
        raise invalid_argument(SOURCE, "", "Copy source must be /bucket/key, URL-encoded.")
    return Source(bucket, key, dict(parse_qsl(query)).get("versionId"))


def _check_source(headers: Mapping[str, str], source: StoredObject) -> None:
    try:
        check_conditions(headers, source, f"{SOURCE}-")
    except OssError as error:
        # A copy that need not be made is a failed one: there is no reader to have it already.
        raise precondition_failed(error.details.get("Condition", SOURCE)) from None


def _metadata(call: Call, source: StoredObject) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The copy's headers and tags."""
    headers, tags = source.contents.headers, source.contents.tags
    if _replaces(call.headers, "x-oss-metadata-directive"):
        headers = kept_headers(call.headers)
    if _replaces(call.headers, "x-oss-tagging-directive"):
        tags = tags_of_header(call.headers.get("x-oss-tagging"))
    return headers, tags


def _replaces(headers: Mapping[str, str], directive: str) -> bool:
    value = headers.get(directive, "COPY")
    if value.upper() not in ("COPY", "REPLACE"):
        raise invalid_argument(directive, "", f"{directive} must be COPY or REPLACE.")
    return value.upper() == "REPLACE"
