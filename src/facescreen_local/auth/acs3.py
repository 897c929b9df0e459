"""ACS3-HMAC-SHA256: signs calls of the FC 3.0 API, and of HTTP triggers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from facescreen.clients import acs3
from facescreen_local.auth.account import Identity
from facescreen_local.auth.checks import (
    check_date,
    check_match,
    malformed,
    not_matching,
    require,
    secret_of,
)
from facescreen_local.fc.errors import Refused
from facescreen_local.protocol.request import Head

_AUTHORIZATION = re.compile(
    rf"{acs3.ALGORITHM} Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]+)"
)
_FRACTION = re.compile(r"\.\d{1,9}Z$")
_MOST_PARAMETERS = 100


def check(head: Head, identity: Identity, required: Collection[str]) -> None:
    """Raises Refused unless the head is signed by a key of the account.

    The `required` headers must be there and signed, ``x-acs-date`` among them; every other
    ``x-acs-`` header must be signed too. For the body see check_body.
    """
    require(head.headers, required)
    key_id, names, claimed = _read(head.headers, required)
    secret = secret_of(identity, key_id, head.headers.get("x-acs-security-token", ""))
    # JavaScript, Go and Java write fractions of a second.
    check_date(_FRACTION.sub("Z", head.headers["x-acs-date"]), "%Y-%m-%dT%H:%M:%SZ")
    canonical = acs3.canonical_request(
        head.method,
        head.path,
        acs3.canonical_query(_parameters(head.query)),
        {name: head.headers[name] for name in names},
        head.headers.get("x-acs-content-sha256", ""),
    )
    try:
        calculated = acs3.signature(secret, canonical)
    except UnicodeEncodeError as error:
        # Surrogates: nothing that a client can sign.
        raise not_matching() from error
    check_match(calculated, claimed)


def check_body(head: Head, body: bytes) -> None:
    """Raises Refused unless `body` is the one that was signed, where one was."""
    signed = head.headers.get("x-acs-content-sha256")
    if signed is not None and acs3.payload_hash(body) != signed:
        raise not_matching()


def _read(headers: Mapping[str, str], required: Collection[str]) -> tuple[str, list[str], str]:
    """AccessKey ID, names of the signed headers, signature."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise malformed()
    names = found[2].split(";")
    must = {*required, *(name for name in headers if name.startswith("x-acs-"))}
    if not must <= set(names) <= set(headers):
        raise not_matching()
    return found[1], names, found[3]


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise Refused(400, "InvalidArgument", "too many query parameters") from error
