"""Presigned URLs of an in-memory store. Their signature is the same for all, and proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from facescreen.model import ObjectRef

PRESIGNED_ORIGIN = "https://*.example"


@dataclass(frozen=True)
class PresignedRequest:
    """What a presigned URL requests."""

    ref: ObjectRef
    expires_at: float
    """Seconds since the epoch."""
    convert: bool


def build_presigned_url(ref: ObjectRef, now: float, expires_in_s: int, *, convert: bool) -> str:
    """Return a URL with the parameters of OSS."""
    query = {
        **({"versionId": ref.version_id} if ref.version_id else {}),
        "x-oss-date": f"{now:.3f}",
        "x-oss-expires": str(expires_in_s),
        "x-oss-signature": "s3cr3t",
        **({"x-oss-process": "convert"} if convert else {}),
    }
    return f"https://{ref.bucket}.example/{quote(ref.key)}?{urlencode(query)}"


def parse_presigned_url(store: str, url: str) -> PresignedRequest:
    """Parse a URL of `build_presigned_url`."""
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    ref = ObjectRef(
        store,
        (parts.hostname or "").removesuffix(".example"),
        unquote(parts.path[1:]),
        version_id=query.get("versionId", [""])[0],
    )
    expires_at = float(query["x-oss-date"][0]) + float(query["x-oss-expires"][0])
    return PresignedRequest(ref, expires_at, convert="x-oss-process" in query)
