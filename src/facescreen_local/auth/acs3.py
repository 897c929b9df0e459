"""ACS3-HMAC-SHA256: the signature of ID Verification, the FC 3.0 API and HTTP triggers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from facescreen.clients import acs3
from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.clock import MAX_CLOCK_SKEW_S, check_clock_skew, parse_utc
from facescreen_local.auth.credentials import (
    SignatureMismatchError,
    check_signature,
    find_secret,
)
from facescreen_local.auth.headers import MalformedAuthorizationError, require_headers
from facescreen_local.auth.nonces import UsedNonces

BODY_HASH_HEADER = "x-acs-content-sha256"
"""The header with the body's SHA-256."""

_AUTHORIZATION_PATTERN = re.compile(
    rf"{acs3.SIGNATURE_ALGORITHM} Credential=(?P<key_id>[^,\s]{{1,128}}),"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]{1,2000}),Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_FRACTIONAL_SECONDS_PATTERN = re.compile(r"\.\d{1,9}Z$")
_MAX_PARAMETERS = 100
_NONCE_HEADER = "x-acs-signature-nonce"


class UnsignedHeaderError(Exception):
    """A required header is not signed, or a signed header was not sent."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NonceUsedError(Exception):
    """An earlier request used the same nonce."""


class TooManyParametersError(Exception):
    """The query has too many parameters."""


class Acs3Authenticator:
    """Checks the signatures of requests to one service."""

    def __init__(
        self,
        account: LocalAccount,
        required_headers: Iterable[str],
        *,
        allow_fractional_seconds: bool = False,
    ) -> None:
        """`required_headers` must be sent and signed, ``x-acs-date`` among them. If they include
        ``x-acs-signature-nonce``, each nonce is accepted once. `allow_fractional_seconds` accepts
        dates with fractions of a second, as JavaScript, Go and Java write them.
        """
        self._account = account
        self._required_headers = frozenset(required_headers)
        self._allow_fractional_seconds = allow_fractional_seconds
        # A date may be ahead as far as behind, so a request stays valid for twice the skew.
        self._nonces = UsedNonces(2 * MAX_CLOCK_SKEW_S)

    def authenticate(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body_hash: str,
    ) -> None:
        """Check that the request is signed by a key of the account.

        `query` is the query as sent; header names are in lower case. Every ``x-acs-`` header must
        be signed, required or not. Raises MissingHeaderError, MalformedAuthorizationError,
        UnsignedHeaderError, NonceUsedError, TooManyParametersError, and the errors of find_secret,
        check_signature and check_clock_skew.
        """
        require_headers(headers, sorted(self._required_headers))
        match = _AUTHORIZATION_PATTERN.fullmatch(headers.get("authorization", ""))
        if match is None:
            raise MalformedAuthorizationError
        signed_headers = self._collect_signed_headers(headers, match["headers"].split(";"))
        token = headers.get("x-acs-security-token", "")
        secret = find_secret(self._account, match["key_id"], token)
        self._check_date(headers["x-acs-date"])
        try:
            # Encode the query again: clients do not always send it as they sign it.
            canonical = acs3.build_canonical_request(
                method,
                path,
                acs3.build_canonical_query(_parse_query(query)),
                signed_headers,
                body_hash,
            )
            expected = acs3.compute_signature(secret, canonical)
        except UnicodeEncodeError:
            # A client can't sign surrogates.
            raise SignatureMismatchError(match["signature"]) from None
        check_signature(match["signature"], expected)
        if _NONCE_HEADER in self._required_headers and not self._nonces.mark_used(
            headers[_NONCE_HEADER]
        ):
            raise NonceUsedError

    def _collect_signed_headers(
        self, headers: Mapping[str, str], names: list[str]
    ) -> dict[str, str]:
        must_be_signed = self._required_headers | {
            name for name in headers if name.startswith("x-acs-")
        }
        for name in sorted(must_be_signed.difference(names) or set(names).difference(headers)):
            raise UnsignedHeaderError(name)
        return {name: headers[name] for name in names}

    def _check_date(self, text: str) -> None:
        date = (
            _FRACTIONAL_SECONDS_PATTERN.sub("Z", text) if self._allow_fractional_seconds else text
        )
        check_clock_skew(parse_utc(date, _DATE_FORMAT))


def _parse_query(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise TooManyParametersError from None


def check_body_hash(headers: Mapping[str, str], body: bytes) -> None:
    """Check the body against its signed hash, if there is one. Raises SignatureMismatchError."""
    signed_hash = headers.get(BODY_HASH_HEADER)
    if signed_hash is not None:
        check_signature(signed_hash, acs3.hash_payload(body))
