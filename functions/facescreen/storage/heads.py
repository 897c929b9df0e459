"""Reads an object's head from a response: what OSS and S3 have in common."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from facescreen.errors import ContentError, ServiceUnavailableError
from facescreen.model import ObjectType

# Those that browsers decode. Others, such as aws-chunked and base64, change nothing for a reader.
_DECODED_ENCODINGS = {
    "br", "compress", "dcb", "dcz", "deflate", "gzip", "x-compress", "x-gzip", "zstd"
}  # fmt: skip


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


def check_content_encoding(content_encoding: str) -> None:
    """Raise ContentError if a reader that honors Content-Encoding gets other bytes than those that
    are stored."""
    encodings = {encoding.strip().lower() for encoding in content_encoding.split(",")}
    if decoded := sorted(encodings & _DECODED_ENCODINGS):
        raise ContentError(
            f"the object has Content-Encoding {decoded[0]}: browsers decode it, other readers "
            "don't",
            code="UnreadableEncoding",
        )
