"""Checks request signatures of versions 1 and 4, in a header, a URL or a form, and their expiry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.clock import (
    MalformedDateError,
    check_clock_skew,
    check_not_before,
    check_not_expired,
    parse_http_date,
    parse_utc,
)
from facescreen_local.auth.credentials import check_signature, find_secret, hmac_sha1
from facescreen_local.oss.errors import (
    access_denied_error,
    invalid_argument_error,
    unsigned_access_denied_error,
)
from facescreen_local.oss.request import OssRequestTarget
from facescreen_local.oss.signature import (
    ALGORITHM_V4,
    CredentialScope,
    build_canonical_request_v4,
    build_string_to_sign_v1,
    sign_request_v4,
    sign_v4,
)
from facescreen_local.protocol.post_policy import (
    V1_FORM_FIELDS,
    check_signature_v1,
    require_field,
)

MAX_V4_VALIDITY_S = 7 * 24 * 3600

_V1_URL_PARAMETERS = ("OSSAccessKeyId", "Expires", "Signature")
_V4_URL_PARAMETERS = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
_V4_FORM_FIELDS = ("x-oss-credential", "x-oss-date", "x-oss-signature", "policy")
_SECURITY_TOKEN_PARAMETER = "x-oss-security-token"  # noqa: S105
_SECONDS_PATTERN = re.compile("[0-9]{1,12}")
_V4_FIELD_PATTERN = re.compile(r"(\w+)=([^,\s]+)")


@dataclass(frozen=True)
class SignedRequestParts:
    """The parts of a request that signatures cover. Header names are in lower case."""

    method: str
    target: OssRequestTarget
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Authenticator:
    """Checks signatures against the keys of one account in one region."""

    account: LocalAccount
    region: str

    def authenticate(self, request: SignedRequestParts) -> bool:
        """Check the request's signature; return False if it is not signed.

        Raises one of REQUEST_ERRORS if the signature is invalid.
        """
        authorization = request.headers.get("authorization", "")
        if authorization.startswith("OSS "):
            self._authenticate_header_v1(request, authorization.removeprefix("OSS "))
        elif authorization.startswith(ALGORITHM_V4):
            self._authenticate_header_v4(request, dict(_V4_FIELD_PATTERN.findall(authorization)))
        elif authorization:
            raise invalid_argument_error("Authorization", "", "Authorization header is invalid.")
        elif request.target.get_parameter("x-oss-signature-version") == ALGORITHM_V4:
            self._authenticate_url_v4(request)
        elif any(request.target.get_parameter(name) is not None for name in _V1_URL_PARAMETERS):
            self._authenticate_url_v1(request)
        else:
            return False
        return True

    def authenticate_form(self, fields: Mapping[str, str]) -> None:
        """Check the signature of the form's policy; the policy itself is not checked.

        Raises one of REQUEST_ERRORS.
        """
        if fields.get("x-oss-signature-version") == ALGORITHM_V4:
            self._authenticate_form_v4(fields)
        elif any(name in fields for name in V1_FORM_FIELDS):
            check_signature_v1(self.account, fields)
        else:
            raise unsigned_access_denied_error()

    def _authenticate_header_v1(self, request: SignedRequestParts, credentials: str) -> None:
        key_id, _, signature = credentials.partition(":")
        date = request.headers.get("x-oss-date") or request.headers.get("date", "")
        check_clock_skew(parse_http_date(date))
        secret = self._find_secret(key_id, request.headers.get(_SECURITY_TOKEN_PARAMETER))
        to_sign = build_string_to_sign_v1(request.method, request.target, request.headers, date)
        check_signature(signature, hmac_sha1(secret, to_sign))

    def _authenticate_url_v1(self, request: SignedRequestParts) -> None:
        key_id, expires, signature = _require_parameters(request.target, _V1_URL_PARAMETERS)
        if not _SECONDS_PATTERN.fullmatch(expires):
            raise access_denied_error("Invalid date (should be seconds since epoch).")
        check_not_expired(int(expires))
        secret = self._find_secret(key_id, request.target.get_parameter("security-token"))
        to_sign = build_string_to_sign_v1(request.method, request.target, request.headers, expires)
        check_signature(signature, hmac_sha1(secret, to_sign))

    def _authenticate_header_v4(
        self, request: SignedRequestParts, fields: Mapping[str, str]
    ) -> None:
        date = request.headers.get("x-oss-date", "")
        check_clock_skew(_parse_v4_date(date))
        if "x-oss-content-sha256" not in request.headers:
            message = "Header x-oss-content-sha256 is required."
            raise invalid_argument_error("x-oss-content-sha256", "", message)
        key_id, scope = self._parse_credential(fields.get("Credential", ""), date)
        secret = self._find_secret(key_id, request.headers.get(_SECURITY_TOKEN_PARAMETER))
        additional_headers = _split_header_names(fields.get("AdditionalHeaders"))
        canonical = build_canonical_request_v4(
            request.method, request.target, request.headers, additional_headers
        )
        expected = sign_request_v4(secret, scope, date, canonical)
        check_signature(fields.get("Signature", ""), expected)

    def _authenticate_url_v4(self, request: SignedRequestParts) -> None:
        target = request.target
        credential, date, expires, signature = _require_parameters(target, _V4_URL_PARAMETERS)
        if not _SECONDS_PATTERN.fullmatch(expires) or not 1 <= int(expires) <= MAX_V4_VALIDITY_S:
            message = f"x-oss-expires must be between 1 and {MAX_V4_VALIDITY_S} seconds."
            raise invalid_argument_error("x-oss-expires", expires, message)
        _check_validity(date, int(expires))
        key_id, scope = self._parse_credential(credential, date)
        secret = self._find_secret(key_id, target.get_parameter(_SECURITY_TOKEN_PARAMETER))
        additional_headers = _split_header_names(target.get_parameter("x-oss-additional-headers"))
        signed_query = tuple(pair for pair in target.query if pair[0] != "x-oss-signature")
        signed_target = replace(target, query=signed_query)
        canonical = build_canonical_request_v4(
            request.method, signed_target, request.headers, additional_headers
        )
        check_signature(signature, sign_request_v4(secret, scope, date, canonical))

    def _authenticate_form_v4(self, fields: Mapping[str, str]) -> None:
        credential, date, signature, policy = (
            require_field(fields, name) for name in _V4_FORM_FIELDS
        )
        _check_validity(date, MAX_V4_VALIDITY_S)
        key_id, scope = self._parse_credential(credential, date)
        secret = self._find_secret(key_id, fields.get(_SECURITY_TOKEN_PARAMETER))
        check_signature(signature, sign_v4(secret, scope, policy))

    def _find_secret(self, access_key_id: str, token: str | None) -> str:
        return find_secret(self.account, access_key_id, token or "")

    def _parse_credential(self, credential: str, date: str) -> tuple[str, CredentialScope]:
        """Split ``<key id>/<scope>`` and check that the scope matches the request."""
        key_id, _, credential_scope = credential.partition("/")
        scope = CredentialScope(date[:8], self.region)
        if credential_scope != scope.path:
            message = "The credential's date, region or product does not match the request."
            raise invalid_argument_error("Credential", credential_scope, message)
        return key_id, scope


def _check_validity(date: str, valid_s: int) -> None:
    """Check that at most `valid_s` have passed since a date like ``20231216T162057Z``."""
    signed_at = _parse_v4_date(date)
    check_not_before(signed_at)
    check_not_expired(signed_at + valid_s)


def _parse_v4_date(date: str) -> float:
    try:
        return parse_utc(date, "%Y%m%dT%H%M%SZ")
    except MalformedDateError:
        raise access_denied_error("OSS authentication requires a valid x-oss-date.") from None


def _require_parameters(target: OssRequestTarget, names: tuple[str, ...]) -> list[str]:
    values = [target.get_parameter(name) for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        raise access_denied_error(f"Query string authentication requires {', '.join(missing)}.")
    return [value or "" for value in values]


def _split_header_names(names: str | None) -> list[str]:
    return names.lower().split(";") if names else []
