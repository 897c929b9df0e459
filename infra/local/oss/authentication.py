"""Who sends a request: the signature in its header or URL, checked with expiry and STS token."""

from __future__ import annotations

import calendar
import hmac
import re
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from time import strptime, time
from typing import TYPE_CHECKING

from ..identity import BadSecurityToken, UnknownAccessKey
from .errors import OssError, access_denied, invalid_argument
from .signature import (
    ALGORITHM_V4,
    Scope,
    canonical_request_v4,
    signature_v1,
    signature_v4,
    string_to_sign_v1,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..identity import Identity
    from .request import Target

SKEW_S = 15 * 60
LONGEST_V4_S = 7 * 24 * 3600

_V1_URL = ("OSSAccessKeyId", "Expires", "Signature")
_V4_URL = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
_SECONDS = re.compile("[0-9]{1,12}")
_V4_FIELD = re.compile(r"(\w+)=([^,\s]+)")
_ANONYMOUS = "You have no right to access this object because of bucket acl."


@dataclass(frozen=True)
class Signed:
    """The parts of a request that signatures cover; header names in lower case."""

    method: str
    target: Target
    headers: Mapping[str, str]


class Authenticator:
    """Checks requests against one account's keys in one region."""

    def __init__(self, identity: Identity, region: str) -> None:
        self._identity = identity
        self._region = region

    def check(self, request: Signed) -> None:
        """Returns if the request may pass. Raises OssError."""
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
            raise access_denied(_ANONYMOUS)

    def _header_v1(self, request: Signed, presented: str) -> None:
        key_id, _, signature = presented.partition(":")
        date = request.headers.get("x-oss-date") or request.headers.get("date", "")
        _refuse_skew(_http_date(date))
        secret = self._secret(key_id, request.headers.get("x-oss-security-token", ""))
        text = string_to_sign_v1(request.method, request.target, request.headers, date)
        _compare(signature, signature_v1(secret, text))

    def _url_v1(self, request: Signed) -> None:
        key_id, expires, signature = _required(request.target, _V1_URL)
        if not _SECONDS.fullmatch(expires):
            raise access_denied("Invalid date (should be seconds since epoch).")
        _refuse_expired(int(expires))
        secret = self._secret(key_id, request.target.parameter("security-token") or "")
        text = string_to_sign_v1(request.method, request.target, request.headers, expires)
        _compare(signature, signature_v1(secret, text))

    def _header_v4(self, request: Signed, fields: Mapping[str, str]) -> None:
        moment = request.headers.get("x-oss-date", "")
        _refuse_skew(_iso_date(moment))
        if "x-oss-content-sha256" not in request.headers:
            text = "Header x-oss-content-sha256 is required."
            raise invalid_argument("x-oss-content-sha256", "", text)
        key_id, scope = self._scope(fields.get("Credential", ""), moment)
        secret = self._secret(key_id, request.headers.get("x-oss-security-token", ""))
        additional = _listed(fields.get("AdditionalHeaders"))
        canonical = canonical_request_v4(
            request.method, request.target, request.headers, additional
        )
        _compare(fields.get("Signature", ""), signature_v4(secret, scope, moment, canonical))

    def _url_v4(self, request: Signed) -> None:
        target = request.target
        credential, moment, expires, signature = _required(target, _V4_URL)
        if not _SECONDS.fullmatch(expires) or not 1 <= int(expires) <= LONGEST_V4_S:
            text = f"x-oss-expires must be between 1 and {LONGEST_V4_S} seconds."
            raise invalid_argument("x-oss-expires", expires, text)
        signed_at = _iso_date(moment)
        _refuse_future(signed_at)
        _refuse_expired(signed_at + int(expires))
        key_id, scope = self._scope(credential, moment)
        secret = self._secret(key_id, target.parameter("x-oss-security-token") or "")
        additional = _listed(target.parameter("x-oss-additional-headers"))
        unsigned = tuple(pair for pair in target.query if pair[0] != "x-oss-signature")
        signed = replace(target, query=unsigned)
        canonical = canonical_request_v4(request.method, signed, request.headers, additional)
        _compare(signature, signature_v4(secret, scope, moment, canonical))

    def _secret(self, access_key_id: str, token: str) -> str:
        try:
            return self._identity.secret_for(access_key_id, token)
        except BadSecurityToken:
            if token:
                text = "The security token you provided is invalid."
                raise OssError(403, "InvalidSecurityToken", text) from None
            # Without its token, a temporary key is one that OSS has never heard of.
            raise _unknown_key(access_key_id) from None
        except UnknownAccessKey:
            raise _unknown_key(access_key_id) from None

    def _scope(self, credential: str, moment: str) -> tuple[str, Scope]:
        key_id, _, presented = credential.partition("/")
        scope = Scope(moment[:8], self._region)
        if presented != scope.path:
            text = "The credential's date, region or product does not match the request."
            raise invalid_argument("Credential", presented, text)
        return key_id, scope


def _unknown_key(access_key_id: str) -> OssError:
    text = "The OSS Access Key Id you provided does not exist in our records."
    return OssError(403, "InvalidAccessKeyId", text, {"OSSAccessKeyId": access_key_id})


def _compare(presented: str, expected: str) -> None:
    if hmac.compare_digest(presented.encode("utf-8", "surrogateescape"), expected.encode()):
        return
    text = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    raise OssError(403, "SignatureDoesNotMatch", text, {"SignatureProvided": presented})


def _required(target: Target, names: tuple[str, ...]) -> list[str]:
    found = [target.parameter(name) for name in names]
    missing = [name for name, value in zip(names, found, strict=True) if not value]
    if missing:
        raise access_denied(f"Query string authentication requires {', '.join(missing)}.")
    return [value or "" for value in found]


def _listed(names: str | None) -> list[str]:
    return names.lower().split(";") if names else []


def _http_date(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise access_denied("OSS authentication requires a valid Date.") from None


def _iso_date(text: str) -> float:
    try:
        return calendar.timegm(strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise access_denied("OSS authentication requires a valid x-oss-date.") from None


def _refuse_skew(sent_at: float) -> None:
    if abs(time() - sent_at) > SKEW_S:
        text = "The difference between the request time and the current time is too large."
        raise OssError(403, "RequestTimeTooSkewed", text)


def _refuse_future(signed_at: float) -> None:
    if signed_at - time() > SKEW_S:
        raise access_denied("Request is not yet valid.")


def _refuse_expired(expires_at: float) -> None:
    if time() > expires_at:
        raise access_denied("Request has expired.")
