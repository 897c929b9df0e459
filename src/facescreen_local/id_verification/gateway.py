"""What Alibaba Cloud's API gateway checks before a request reaches the service: the ACS3 signature,
its date and its nonce (id-verification-api.md, "Signature")."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timezone

from aiohttp import web

from facescreen.clients import acs3
from facescreen_local.auth.account import Identity
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    UnknownAccessKeyError,
    find_secret,
)
from facescreen_local.auth.nonces import Nonces
from facescreen_local.id_verification.errors import Refusal
from facescreen_local.id_verification.request import Parameters, pairs

VALID_S = 15 * 60
"""How far ``x-acs-date`` may lie from now, before or behind."""

_AUTHORIZATION = re.compile(
    acs3.ALGORITHM + r" Credential=(?P<key>[^,\s]{1,128}),"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]{1,2000}),Signature=(?P<signature>[0-9a-f]{64})"
)
_MUST_BE_SIGNED = frozenset(
    {
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    }
)


class Gateway:
    """Lets each request in once, if its caller holds a key of the account."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        # A date may lie ahead as far as behind, so a request stays valid for twice the span.
        self._nonces = Nonces(2 * VALID_S)

    def admit(self, request: web.BaseRequest, body: bytes) -> Parameters:
        """The parameters, once it is sure who sent them. Raises Refusal."""
        _, _, query = request.raw_path.partition("?")
        in_query = pairs(query)
        self._authenticate(request, in_query, body)
        return Parameters(dict(in_query), dict(pairs(body.decode("latin-1"))))

    def _authenticate(
        self, request: web.BaseRequest, query: list[tuple[str, str]], body: bytes
    ) -> None:
        key, signed, given = _authorization(request.headers)
        _check_date(signed["x-acs-date"])
        secret = self._secret(key, signed.get("x-acs-security-token", ""))
        try:
            # The query is encoded anew: the vendor's SDKs write it otherwise than they sign it.
            canonical = acs3.canonical_request(
                request.method,
                "/",
                acs3.canonical_query(query),
                signed,
                acs3.payload_hash(body),
            )
            calculated = acs3.signature(secret, canonical)
        except UnicodeEncodeError:
            raise Refusal("IncompleteSignature", "Query and headers must be UTF-8.") from None
        if not hmac.compare_digest(calculated, given):
            text = "Specified signature is not matched with our calculation."
            raise Refusal("SignatureDoesNotMatch", text)
        if not self._nonces.first_seen(signed["x-acs-signature-nonce"]):
            text = "Specified signature nonce was used already."
            raise Refusal("SignatureNonceUsed", text)

    def _secret(self, key: str, token: str) -> str:
        try:
            return find_secret(self._identity, key, token)
        except UnknownAccessKeyError:
            text = "Specified access key is not found."
            raise Refusal("InvalidAccessKeyId.NotFound", text) from None
        except (MissingSecurityTokenError, InvalidSecurityTokenError):
            text = "Specified SecurityToken mismatch with the AccessKey."
            raise Refusal("InvalidSecurityToken.MismatchWithAccessKey", text) from None


def _authorization(headers: Mapping[str, str]) -> tuple[str, dict[str, str], str]:
    """The key's ID, the signed headers with their values, and the signature."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        text = "The request signature does not conform to Aliyun standards."
        raise Refusal("IncompleteSignature", text)
    names = found["headers"].split(";")
    sent = {name.lower() for name in headers if name.lower().startswith("x-acs-")}
    for name in sorted((_MUST_BE_SIGNED | sent) - set(names)):
        raise Refusal("IncompleteSignature", f"The header {name} must be signed.")
    for name in names:
        if name not in headers:
            raise Refusal("IncompleteSignature", f"The signed header {name} is missing.")
    return found["key"], {name: headers[name] for name in names}, found["signature"]


def _check_date(text: str) -> None:
    try:
        date = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        wrong = "Specified time stamp or date value is not well formatted."
        raise Refusal("InvalidTimeStamp.Format", wrong) from None
    if abs((datetime.now(timezone.utc) - date).total_seconds()) > VALID_S:
        wrong = "Specified time stamp or date value is expired."
        raise Refusal("InvalidTimeStamp.Expired", wrong)
