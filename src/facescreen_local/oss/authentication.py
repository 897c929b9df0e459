"""Who sends a request: the signature in its header, its URL or its form, versions 1 and 4, checked
with expiry and STS token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from facescreen_local.auth.account import Identity
from facescreen_local.auth.clock import (
    MalformedDateError,
    check_clock_skew,
    check_not_before,
    check_not_expired,
    parse_http_date,
    parse_utc,
)
from facescreen_local.auth.credentials import check_signature, find_secret, hmac_sha1
from facescreen_local.oss.errors import access_denied, invalid_argument, private
from facescreen_local.oss.request import Target
from facescreen_local.oss.signature import (
    ALGORITHM_V4,
    Scope,
    canonical_request_v4,
    signature_of_text_v4,
    signature_v4,
    string_to_sign_v1,
)
from facescreen_local.protocol.post_policy import (
    V1_FORM_FIELDS,
    check_signature_v1,
    require_field,
)

LONGEST_V4_S = 7 * 24 * 3600

_V1_URL = ("OSSAccessKeyId", "Expires", "Signature")
_V4_URL = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
_V4_FORM = ("x-oss-credential", "x-oss-date", "x-oss-signature", "policy")
_TOKEN = "x-oss-security-token"  # noqa: S105
_SECONDS = re.compile("[0-9]{1,12}")
_V4_FIELD = re.compile(r"(\w+)=([^,\s]+)")


@dataclass(frozen=True)
class Signed:
    """The parts of a request that signatures cover; header names in lower case."""

    method: str
    target: Target
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Authenticator:
    """Checks signatures against the keys of one account, in one region."""

    identity: Identity
    region: str

    def check(self, request: Signed) -> bool:
        """Whether the request is signed at all. Raises one of ERRORS where it is signed wrongly."""
        authorization = request.headers.get("authorization", "")
        if authorization.startswith("OSS "):
            self._header_v1(request, authorization.removeprefix("OSS "))
        elif authorization.startswith(ALGORITHM_V4):
            self._header_v4(request, dict(_V4_FIELD.findall(authorization)))
        elif authorization:
            raise invalid_argument("Authorization", "", "Authorization header is invalid.")
        elif request.target.parameter("x-oss-signature-version") == ALGORITHM_V4:
            self._url_v4(request)
        elif any(request.target.parameter(name) is not None for name in _V1_URL):
            self._url_v1(request)
        else:
            return False
        return True

    def check_form(self, fields: Mapping[str, str]) -> None:
        """Raises one of ERRORS unless the form's policy is signed. What the policy says is not
        looked at."""
        if fields.get("x-oss-signature-version") == ALGORITHM_V4:
            self._form_v4(fields)
        elif any(name in fields for name in V1_FORM_FIELDS):
            check_signature_v1(self.identity, fields)
        else:
            raise private()

    def _header_v1(self, request: Signed, presented: str) -> None:
        key_id, _, signature = presented.partition(":")
        date = request.headers.get("x-oss-date") or request.headers.get("date", "")
        check_clock_skew(parse_http_date(date))
        secret = self._secret(key_id, request.headers.get(_TOKEN))
        text = string_to_sign_v1(request.method, request.target, request.headers, date)
        check_signature(signature, hmac_sha1(secret, text))

    def _url_v1(self, request: Signed) -> None:
        key_id, expires, signature = _required(request.target, _V1_URL)
        if not _SECONDS.fullmatch(expires):
            raise access_denied("Invalid date (should be seconds since epoch).")
        check_not_expired(int(expires))
        secret = self._secret(key_id, request.target.parameter("security-token"))
        text = string_to_sign_v1(request.method, request.target, request.headers, expires)
        check_signature(signature, hmac_sha1(secret, text))

    def _header_v4(self, request: Signed, fields: Mapping[str, str]) -> None:
        moment = request.headers.get("x-oss-date", "")
        check_clock_skew(_parse_v4_date(moment))
        if "x-oss-content-sha256" not in request.headers:
            text = "Header x-oss-content-sha256 is required."
            raise invalid_argument("x-oss-content-sha256", "", text)
        key_id, scope = self._scope(fields.get("Credential", ""), moment)
        secret = self._secret(key_id, request.headers.get(_TOKEN))
        additional = _listed(fields.get("AdditionalHeaders"))
        canonical = canonical_request_v4(
            request.method, request.target, request.headers, additional
        )
        expected = signature_v4(secret, scope, moment, canonical)
        check_signature(fields.get("Signature", ""), expected)

    def _url_v4(self, request: Signed) -> None:
        target = request.target
        credential, moment, expires, signature = _required(target, _V4_URL)
        if not _SECONDS.fullmatch(expires) or not 1 <= int(expires) <= LONGEST_V4_S:
            text = f"x-oss-expires must be between 1 and {LONGEST_V4_S} seconds."
            raise invalid_argument("x-oss-expires", expires, text)
        _check_period(moment, int(expires))
        key_id, scope = self._scope(credential, moment)
        secret = self._secret(key_id, target.parameter(_TOKEN))
        additional = _listed(target.parameter("x-oss-additional-headers"))
        unsigned = tuple(pair for pair in target.query if pair[0] != "x-oss-signature")
        signed = replace(target, query=unsigned)
        canonical = canonical_request_v4(request.method, signed, request.headers, additional)
        check_signature(signature, signature_v4(secret, scope, moment, canonical))

    def _form_v4(self, fields: Mapping[str, str]) -> None:
        credential, moment, signature, policy = (require_field(fields, name) for name in _V4_FORM)
        _check_period(moment, LONGEST_V4_S)
        key_id, scope = self._scope(credential, moment)
        secret = self._secret(key_id, fields.get(_TOKEN))
        check_signature(signature, signature_of_text_v4(secret, scope, policy))

    def _secret(self, access_key_id: str, token: str | None) -> str:
        return find_secret(self.identity, access_key_id, token or "")

    def _scope(self, credential: str, moment: str) -> tuple[str, Scope]:
        """The key id in ``<key id>/<scope>``, and the scope, which can only be one."""
        key_id, _, presented = credential.partition("/")
        scope = Scope(moment[:8], self.region)
        if presented != scope.path:
            text = "The credential's date, region or product does not match the request."
            raise invalid_argument("Credential", presented, text)
        return key_id, scope


def _check_period(moment: str, seconds: int) -> None:
    """Raises unless now is within `seconds` from ``20231216T162057Z`` on."""
    signed_at = _parse_v4_date(moment)
    check_not_before(signed_at)
    check_not_expired(signed_at + seconds)


def _parse_v4_date(moment: str) -> float:
    try:
        return parse_utc(moment, "%Y%m%dT%H%M%SZ")
    except MalformedDateError:
        raise access_denied("OSS authentication requires a valid x-oss-date.") from None


def _required(target: Target, names: tuple[str, ...]) -> list[str]:
    found = [target.parameter(name) for name in names]
    missing = [name for name, value in zip(names, found, strict=True) if not value]
    if missing:
        raise access_denied(f"Query string authentication requires {', '.join(missing)}.")
    return [value or "" for value in found]


def _listed(names: str | None) -> list[str]:
    return names.lower().split(";") if names else []
