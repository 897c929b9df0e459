"""Signs requests with ACS3-HMAC-SHA256 (Alibaba Cloud OpenAPI, signature version 3)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facescreen.clients.credentials import Credentials

SIGNATURE_ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True)
class UnsignedRequest:
    """A request to an OpenAPI, before it is signed."""

    action: str
    version: str
    method: str
    path: str = "/"
    """As in the URL."""
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Additional headers; names in lower case."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class SignedRequest:
    """A signed request for any HTTP client. URL, headers and body may contain presigned URLs and
    keys, so its repr does not show them."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def sign(request: UnsignedRequest, endpoint: str, credentials: Credentials) -> SignedRequest:
    """Sign for `endpoint` (``https://host[:port]``), with the current date and a new nonce."""
    body_hash = hash_payload(request.body)
    headers = {
        **request.headers,
        "host": urlsplit(endpoint).netloc,
        "x-acs-action": request.action,
        "x-acs-version": request.version,
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": body_hash,
    }
    if credentials.security_token:
        headers["x-acs-security-token"] = credentials.security_token
    query = build_canonical_query(request.query)
    canonical = build_canonical_request(request.method, request.path, query, headers, body_hash)
    request_signature = compute_signature(credentials.access_key_secret, canonical)
    headers["authorization"] = build_authorization_header(
        credentials.access_key_id, list(headers), request_signature
    )
    url = f"{endpoint}{request.path}?{query}".rstrip("?")
    return SignedRequest(request.method, url, headers, request.body)


def build_canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Build the canonical query: ``enc(k)=enc(v)``, RFC 3986, sorted by key. It is also a valid
    query for the request."""
    return "&".join(
        f"{_percent_encode(key)}={_percent_encode(value)}" for key, value in sorted(parameters)
    )


def hash_payload(body: bytes) -> str:
    """Return the hex SHA-256 of the body, which is also sent as ``x-acs-content-sha256``."""
    return hashlib.sha256(body).hexdigest()


def build_canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], payload_hash: str
) -> str:
    """Build the canonical request, whose hash is in the string to sign.

    `headers` are only the signed ones, with names in lower case; `query` is the canonical query.
    """
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    return "\n".join([method, path, query, lines, ";".join(names), payload_hash])


def compute_signature(access_key_secret: str, canonical: str) -> str:
    """Return the hex HMAC-SHA256 of the string to sign, with the secret as the key."""
    canonical_hash = hashlib.sha256(canonical.encode()).hexdigest()
    string_to_sign = f"{SIGNATURE_ALGORITHM}\n{canonical_hash}".encode()
    return hmac.new(access_key_secret.encode(), string_to_sign, hashlib.sha256).hexdigest()


def build_authorization_header(
    access_key_id: str, header_names: Iterable[str], request_signature: str
) -> str:
    """Build the Authorization header; `header_names` are those of the signed headers."""
    signed_headers = ";".join(sorted(header_names))
    return (
        f"{SIGNATURE_ALGORITHM} Credential={access_key_id},"
        f"SignedHeaders={signed_headers},Signature={request_signature}"
    )


def _percent_encode(text: str) -> str:
    return quote(text, safe="-_.~")
