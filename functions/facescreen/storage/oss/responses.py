"""Reads what OSS responds: heads, bodies, and listings of objects and versions."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from facescreen.errors import ServiceUnavailableError
from facescreen.model import ObjectHead, ObjectRef, ObjectType
from facescreen.storage.heads import ReaderMetadata, guess_object_type, parse_http_date
from facescreen.storage.keys import NULL_VERSION, drop_null_version
from facescreen.storage.ports import ListingPage, ObjectSummary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import oss2


def build_object_head(headers: Mapping[str, str]) -> ObjectHead:
    """Build the head from the headers of a response about an object. Raises
    ServiceUnavailableError if one is missing."""
    etag = headers.get("ETag", "").strip('"')
    size, tag_count = headers.get("Content-Length"), headers.get("x-oss-tagging-count")
    if size is None:
        raise ServiceUnavailableError("OSS returned a response without Content-Length")
    version_id = headers.get("x-oss-version-id", "")
    return ObjectHead(
        etag=etag,
        size=int(size),
        last_modified=parse_http_date(headers.get("Last-Modified", "")),
        date=parse_http_date(headers.get("Date", "")),
        version_id=drop_null_version(version_id),
        is_null_version=version_id == NULL_VERSION,
        object_type=_parse_object_type(headers.get("x-oss-object-type", ""), etag),
        tag_count=None if tag_count is None else int(tag_count),
        # No header of OSS says whether an object is a replica.
    )


def read_metadata(headers: Mapping[str, str]) -> ReaderMetadata:
    """Read what the uploader told readers from the headers of a response about an object."""
    return ReaderMetadata(
        headers.get("Content-Type", ""),
        headers.get("Content-Encoding", ""),
        headers.get("x-oss-website-redirect-location", ""),
    )


def read_body(response: oss2.models.GetObjectResult, length: int | None = None) -> bytes:
    """Read the body, or its first `length` bytes, as they are stored: requests would decode them by
    Content-Encoding. Raises ServiceUnavailableError if the body is shorter than `length`."""
    data: bytes = response.resp.response.raw.read(length, decode_content=False)
    if length is not None and len(data) != length:
        raise ServiceUnavailableError("OSS returned fewer bytes than it announced")
    return data


def build_listing_page(listing: oss2.models.ListObjectsV2Result) -> ListingPage:
    """Build the page from the response to a listing of objects."""
    summaries = (
        ObjectSummary(
            entry.key,
            entry.etag.strip('"'),
            entry.size,
            datetime.fromtimestamp(entry.last_modified, timezone.utc),
            _parse_object_type(entry.type, entry.etag),
        )
        for entry in listing.object_list
    )
    return ListingPage(
        tuple(summaries), listing.object_list[-1].key if listing.is_truncated else ""
    )


def select_versions(
    page: oss2.models.ListObjectVersionsResult, ref: ObjectRef
) -> Iterator[ObjectRef]:
    """Yield the versions of the key of `ref` on one page, the newest first."""
    for version in page.versions:
        if version.key == ref.key:
            etag = version.etag.strip('"')
            yield ObjectRef(ref.store, ref.bucket, ref.key, etag, version.versionid, version.size)


def _parse_object_type(text: str, etag: str) -> ObjectType:
    """Return the type. One that is missing or unknown counts as multipart, because its
    Last-Modified may be any time."""
    try:
        object_type = ObjectType(text)
    except ValueError:
        return ObjectType.MULTIPART
    return guess_object_type(etag) if object_type is ObjectType.NORMAL else object_type
