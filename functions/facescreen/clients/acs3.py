"""The ACS3-HMAC-SHA256 request signature (Alibaba Cloud OpenAPI, signature version 3)."""

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

ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True)
class Call:
    """One call of an OpenAPI, not signed yet."""

    action: str
    version: str
    method: str
    path: str = "/"
    """As it stands in the URL."""
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Its own; names in lower case."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class SignedRequest:
    """Ready for any HTTP client. URL, headers and body hold presigned URLs and keys, so they never
    show."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def sign(call: Call, endpoint: str, credentials: Credentials) -> SignedRequest:
    """Signs for `endpoint` (``https://host[:port]``), with a date and a nonce of its own."""
    hashed = payload_hash(call.body)
    headers = {
        **call.headers,
        "host": urlsplit(endpoint).netloc,
        "x-acs-action": call.action,
        "x-acs-version": call.version,
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": hashed,
    }
    if credentials.security_token:
        headers["x-acs-security-token"] = credentials.security_token
    query = canonical_query(call.query)
    canonical = canonical_request(call.method, call.path, query, headers, hashed)
    signed = signature(credentials.access_key_secret, canonical)
    headers["authorization"] = authorization(credentials.access_key_id, list(headers), signed)
    url = f"{endpoint}{call.path}?{query}".rstrip("?")
    return SignedRequest(call.method, url, headers, call.body)


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """``enc(k)=enc(v)`` sorted by key, RFC 3986; valid as the request's own query as well."""
    return "&".join(f"{_encode(key)}={_encode(value)}" for key, value in sorted(parameters))


def payload_hash(body: bytes) -> str:
    """Hex SHA-256 of the raw body, also sent as ``x-acs-content-sha256``."""
    return hashlib.sha256(body).hexdigest()


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], hashed_payload: str
) -> str:
    """The text that is hashed into the string to sign.

    `headers` are the signed ones alone, names in lower case; `query` is a canonical one.
    """
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    return "\n".join([method, path, query, lines, ";".join(names), hashed_payload])


def signature(access_key_secret: str, canonical: str) -> str:
    """Hex HMAC-SHA256 of the string to sign, keyed with the raw secret."""
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{hashed}".encode()
    return hmac.new(access_key_secret.encode(), to_sign, hashlib.sha256).hexdigest()


def authorization(access_key_id: str, names: Iterable[str], signed: str) -> str:
    """The Authorization header; `names` are those of the signed headers."""
    listed = ";".join(sorted(names))
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={listed},Signature={signed}"


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
