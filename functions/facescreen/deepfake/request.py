"""A signed request of the API, ready for any HTTP client."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from . import signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..credentials import Credentials


@dataclass(frozen=True)
class Action:
    """An operation of an RPC-style API."""

    name: str
    version: str
    method: str = "POST"
    in_query: bool = False
    """Parameters go in the query, all but FaceBase64, as the vendor's SDK sends them."""


DETECT = Action("DeepfakeDetectIntl", "2022-08-09", in_query=True)
DETECT_STREAM = Action("DeepfakeDetectIntlStream", "2022-08-09")
KEEP_ALIVE = Action("KeepaliveIntl", "2022-08-09")
AUTHORIZE_UPLOAD = Action("AuthorizeFileUpload", "2019-12-19", "GET", in_query=True)


@dataclass(frozen=True)
class SignedRequest:
    """URL, headers and body hold presigned URLs and keys, so they never show."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def sign_request(
    action: Action,
    endpoint: str,
    credentials: Credentials,
    parameters: Sequence[tuple[str, str]] = (),
) -> SignedRequest:
    """Signs for `endpoint` (``https://host[:port]``), with a date and a nonce of its own."""
    query = [pair for pair in parameters if action.in_query and pair[0] != "FaceBase64"]
    body = urlencode([pair for pair in parameters if pair not in query]).encode()
    hashed = signature.payload_hash(body)
    headers = {
        "host": urlsplit(endpoint).netloc,
        "content-type": "application/x-www-form-urlencoded",
        "x-acs-action": action.name,
        "x-acs-version": action.version,
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": hashed,
    }
    if credentials.security_token:
        headers["x-acs-security-token"] = credentials.security_token
    encoded = signature.canonical_query(query)
    canonical = signature.canonical_request(action.method, "/", encoded, headers, hashed)
    signed = signature.signature(credentials.access_key_secret, canonical)
    headers["authorization"] = signature.authorization(
        credentials.access_key_id, list(headers), signed
    )
    return SignedRequest(action.method, f"{endpoint}/?{encoded}".rstrip("?"), headers, body)
