"""Reads an object's head from a response: what OSS and S3 have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from facescreen.errors import ContentError, ServiceUnavailableError
from facescreen.model import ObjectType

# Those that browsers decode. Others, such as aws-chunked and base64, change nothing for a reader.
_DECODED_ENCODINGS = {
    "br", "compress", "dcb", "dcz", "deflate", "gzip", "x-compress", "x-gzip", "zstd"
}  # fmt: skip
# A browser shows HTML or a PDF that a picture's metadata holds, and the last part of a multipart
# type, even in an <img>. Files that begin like a picture are never well-formed XML.
_DOCUMENT_TYPES = {
    "application/pdf",
    "multipart/byteranges",
    "multipart/mixed",
    "multipart/related",
    "multipart/x-mixed-replace",
    "text/html",
    "text/pdf",
}
_MEDIA_TYPE_PATTERN = re.compile(r"[^\s;(]*")


@dataclass(frozen=True)
class ReaderMetadata:
    """What an uploader may tell readers about an object's bytes, by headers."""

    content_type: str = ""
    content_encoding: str = ""
    redirect_location: str = ""
    """Where the bucket's website sends readers instead."""


def parse_http_date(text: str) -> datetime:
    """Parse a date of HTTP, like ``Mon, 23 Nov 2026 04:05:06 GMT``. Raises
    errors.ServiceUnavailableError if it is missing or wrong: both stores send Date and
    Last-Modified with every object, and without them nothing tells one write from the next."""
    try:
        return parsedate_to_datetime(text).replace(tzinfo=timezone.utc)
    except (ValueError, TypeError):
        raise ServiceUnavailableError(
            "the store returned a response without a valid Date and Last-Modified"
        ) from None


def to_whole_seconds(time: datetime) -> datetime:
    """Return the time in UTC, without the fraction of its second."""
    return time.astimezone(timezone.utc).replace(microsecond=0)


def guess_object_type(etag: str) -> ObjectType:
    """Return the type that an ETag shows: one of a multipart upload ends with the number of its
    parts, encrypted or not."""
    return ObjectType.MULTIPART if "-" in etag else ObjectType.NORMAL


def build_late_request_error() -> ServiceUnavailableError:
    """Build the error for a request that changed something and that the HTTP client sent again by
    itself: the store may still carry out the first one, whose answer was lost."""
    return ServiceUnavailableError(
        "the store answered only the second request; the first one may be carried out later"
    )


def check_metadata(metadata: ReaderMetadata) -> None:
    """Raise ContentError, whose `code` is the reason, if metadata make a common reader show
    something else than the stored bytes as the picture that they are."""
    if metadata.redirect_location:
        raise ContentError(
            "the object redirects the readers of a website to another address",
            code="WebsiteRedirect",
        )
    encodings = {encoding.strip().lower() for encoding in metadata.content_encoding.split(",")}
    if decoded := sorted(encodings & _DECODED_ENCODINGS):
        raise ContentError(
            f"the object has Content-Encoding {decoded[0]}: browsers decode it, other readers "
            "don't",
            code="UnreadableEncoding",
        )
    if documents := sorted(_parse_media_types(metadata.content_type) & _DOCUMENT_TYPES):
        raise ContentError(
            f"the object has Content-Type {documents[0]}: browsers don't show it as a picture",
            code="MisleadingContentType",
        )


def _parse_media_types(content_type: str) -> set[str]:
    """Return every type that a browser may read in a Content-Type: of several, it takes the
    last."""
    values = (value.strip() for value in content_type.split(","))
    return {_MEDIA_TYPE_PATTERN.match(value)[0].lower() for value in values}  # type: ignore[index]
