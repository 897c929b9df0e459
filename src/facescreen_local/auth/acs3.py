"""ACS3-HMAC-SHA256, the signature of ID Verification, of the FC 3.0 API, and of HTTP triggers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from facescreen.clients import acs3
from facescreen_local.auth.account import Identity
from facescreen_local.auth.clock import WINDOW_S, check_window, parse_utc
from facescreen_local.auth.credentials import (
    SignatureMismatchError,
    check_signature,
    find_secret,
)
from facescreen_local.auth.headers import MalformedAuthorizationError, require_headers
from facescreen_local.auth.nonces import Nonces

BODY_HASH = "x-acs-content-sha256"
"""The header that says the body's SHA-256."""

_AUTHORIZATION = re.compile(
    rf"{acs3.ALGORITHM} Credential=(?P<key_id>[^,\s]{{1,128}}),"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]{1,2000}),Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE = "%Y-%m-%dT%H:%M:%SZ"
_FRACTION = re.compile(r"\.\d{1,9}Z$")
_MAX_PARAMETERS = 100
_NONCE = "x-acs-signature-nonce"


class UnsignedHeaderError(Exception):
    """A header that must be signed is not, or one that is signed was not sent."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NonceUsedError(Exception):
    """An earlier request was signed with the same nonce."""


class TooManyParametersError(Exception):
    """The query has more of them than any request needs."""


class Acs3Authenticator:
    """Checks the signatures of requests to one address."""

    def __init__(
        self, identity: Identity, required: Iterable[str], *, fractions: bool = False
    ) -> None:
        """The `required` headers must be sent and signed, ``x-acs-date`` among them; where
        ``x-acs-signature-nonce`` is one of them, each request is accepted once. `fractions`:
        whether the date may have fractions of a second, as JavaScript, Go and Java write it.
        """
        self._identity = identity
        self._required = frozenset(required)
        self._fractions = fractions
        # A date may lie ahead as far as behind, so a request stays valid for twice the window.
        self._nonces = Nonces(2 * WINDOW_S)

    def check(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body_hash: str,
    ) -> None:
        """Check that the request is signed by a key of the account.

        `query` is as it was sent, `headers` have their names in lower case; every ``x-acs-`` header
        must be signed, required or not. Raises MissingHeaderError, MalformedAuthorizationError,
        UnsignedHeaderError, NonceUsedError, TooManyParametersError, and what find_secret,
        check_signature and check_window raise.
        """
        require_headers(headers, sorted(self._required))
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if found is None:
            raise MalformedAuthorizationError
        signed = self._signed(headers, found["headers"].split(";"))
        token = headers.get("x-acs-security-token", "")
        secret = find_secret(self._identity, found["key_id"], token)
        self._check_date(headers["x-acs-date"])
        try:
            # The query is encoded anew: clients write it otherwise than they sign it.
            canonical = acs3.canonical_request(
                method, path, acs3.canonical_query(_parameters(query)), signed, body_hash
            )
            expected = acs3.signature(secret, canonical)
        except UnicodeEncodeError:
            # Surrogates: nothing that a client can sign.
            raise SignatureMismatchError(found["signature"]) from None
        check_signature(found["signature"], expected)
        if _NONCE in self._required and not self._nonces.first_seen(headers[_NONCE]):
            raise NonceUsedError

    def _signed(self, headers: Mapping[str, str], names: list[str]) -> dict[str, str]:
        must = self._required | {name for name in headers if name.startswith("x-acs-")}
        for name in sorted(must.difference(names) or set(names).difference(headers)):
            raise UnsignedHeaderError(name)
        return {name: headers[name] for name in names}

    def _check_date(self, text: str) -> None:
        date = _FRACTION.sub("Z", text) if self._fractions else text
        check_window(parse_utc(date, _DATE))


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise TooManyParametersError from None


def check_body_hash(headers: Mapping[str, str], body: bytes) -> None:
    """Check the body against its signed hash, if there is one. Raises SignatureMismatchError."""
    signed = headers.get(BODY_HASH)
    if signed is not None:
        check_signature(signed, acs3.payload_hash(body))
