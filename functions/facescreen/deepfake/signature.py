"""The ACS3-HMAC-SHA256 request signature (Alibaba Cloud OpenAPI, signature version 3)."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALGORITHM = "ACS3-HMAC-SHA256"


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
