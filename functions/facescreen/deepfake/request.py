"""A signed request of the API, ready for any HTTP client."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from . import signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..credentials import Credentials

VERSION = "2022-08-09"


@dataclass(frozen=True)
class SignedRequest:
    """``POST /``; query and headers hold a presigned URL and keys, so they never show."""

    action: str
    query: str = field(repr=False)
    """Percent-encoded, without the question mark."""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def sign_request(
    action: str,
    host: str,
    credentials: Credentials,
    *,
    query: Sequence[tuple[str, str]] = (),
    form: Sequence[tuple[str, str]] = (),
) -> SignedRequest:
    """Signs `action` for `host` (and port), with a date and a nonce of its own."""
    body = urlencode(form).encode()
    hashed = signature.payload_hash(body)
    headers = {
        "host": host,
        "content-type": "application/x-www-form-urlencoded",
        "x-acs-action": action,
        "x-acs-version": VERSION,
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": hashed,
    }
    if credentials.security_token:
        headers["x-acs-security-token"] = credentials.security_token
    encoded = signature.canonical_query(query)
    canonical = signature.canonical_request("POST", "/", encoded, headers, hashed)
    signed = signature.signature(credentials.access_key_secret, canonical)
    headers["authorization"] = signature.authorization(
        credentials.access_key_id, list(headers), signed
    )
    return SignedRequest(action, encoded, headers, body)
