"""Checks that a request is signed with ACS3-HMAC-SHA256 by a key of the account."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from facescreen.deepfake import signature

from ..identity import BadSecurityToken, UnknownAccessKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..identity import Identity

_AUTHORIZATION = re.compile(
    rf"{signature.ALGORITHM} Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]+)"
)
_REQUIRED = ("host", "x-acs-date", "x-acs-content-sha256", "x-acs-signature-nonce")
_WINDOW = timedelta(minutes=15)
_MOST_PARAMETERS = 100


class Refused(Exception):
    """A request that Function Compute turns down: HTTP status, error code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def check(
    method: str, path: str, query: str, headers: Mapping[str, str], identity: Identity
) -> None:
    """Raises Refused unless the request line and headers are signed as they stand.

    `path` and `query` are as sent; the names in `headers` are in lower case. The body is covered
    by ``x-acs-content-sha256``: see check_body. Codes: Function Compute's list of error codes;
    UNCONFIRMED for a wrong token, a date and a header left out of the signature.
    """
    key_id, names, claimed = _read(headers)
    secret = _secret(identity, key_id, headers.get("x-acs-security-token", ""))
    _check_date(headers["x-acs-date"])
    try:
        canonical = signature.canonical_request(
            method,
            path,
            signature.canonical_query(_parameters(query)),
            {name: headers[name] for name in names},
            headers["x-acs-content-sha256"],
        )
        expected = signature.signature(secret, canonical)
    except UnicodeEncodeError as error:
        # aiohttp keeps bytes that are no UTF-8 as surrogates: nothing that a client can sign.
        raise _not_matching() from error
    if not hmac.compare_digest(expected, claimed):
        raise _not_matching()


def check_body(headers: Mapping[str, str], body: bytes) -> None:
    """Raises Refused unless `body` is the one that was signed."""
    if signature.payload_hash(body) != headers["x-acs-content-sha256"]:
        raise _not_matching()


def _read(headers: Mapping[str, str]) -> tuple[str, list[str], str]:
    """AccessKey ID, names of the signed headers, signature."""
    for name in ("authorization", *_REQUIRED):
        if name not in headers:
            raise Refused(
                400, "MissingRequiredHeader", f"required HTTP header {name} was not specified"
            )
    found = _AUTHORIZATION.fullmatch(headers["authorization"])
    if found is None:
        raise Refused(400, "InvalidArgument", "malformed Authorization header")
    names = found[2].split(";")
    must = {"host", *(name for name in headers if name.startswith("x-acs-"))}
    if not must <= set(names) <= set(headers):
        raise _not_matching()
    return found[1], names, found[3]


def _secret(identity: Identity, key_id: str, token: str) -> str:
    try:
        return identity.secret_for(key_id, token)
    except UnknownAccessKey as error:
        message = f"invalid access key ID {key_id[:40]!r}"
        raise Refused(403, "InvalidAccessKeyID", message) from error
    except BadSecurityToken as error:
        raise Refused(403, "InvalidSecurityToken", "the security token is not valid") from error


def _check_date(date: str) -> None:
    try:
        sent = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise Refused(400, "InvalidArgument", "x-acs-date is not an ISO 8601 date") from error
    if abs(datetime.now(timezone.utc) - sent) > _WINDOW:
        raise Refused(403, "RequestExpired", "x-acs-date is more than 15 minutes off")


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise Refused(400, "InvalidArgument", "too many query parameters") from error


def _not_matching() -> Refused:
    return Refused(
        403,
        "SignatureNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your access key and signing method",
    )
