"""Who sends a request: the signature in its header or URL, checked with expiry and STS token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from facescreen_local.auth.clock import (
    http_date,
    iso_date,
    refuse_expired,
    refuse_future,
    refuse_skew,
)
from facescreen_local.auth.credentials import Keyring, compare
from facescreen_local.oss.errors import access_denied, invalid_argument
from facescreen_local.oss.request import Target
from facescreen_local.oss.signature import (
    ALGORITHM_V4,
    canonical_request_v4,
    signature_v1,
    signature_v4,
    string_to_sign_v1,
)

LONGEST_V4_S = 7 * 24 * 3600

_V1_URL = ("OSSAccessKeyId", "Expires", "Signature")
_V4_URL = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
_SECONDS = re.compile("[0-9]{1,12}")
_V4_FIELD = re.compile(r"(\w+)=([^,\s]+)")


@dataclass(frozen=True)
class Signed:
    """The parts of a request that signatures cover; header names in lower case."""

    method: str
    target: Target
    headers: Mapping[str, str]


class Authenticator:
    """Checks requests against the keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def check(self, request: Signed) -> bool:
        """Whether the request is signed at all. Raises OssError where it is signed wrongly."""
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

    def _header_v1(self, request: Signed, presented: str) -> None:
        key_id, _, signature = presented.partition(":")
        date = request.headers.get("x-oss-date") or request.headers.get("date", "")
        refuse_skew(http_date(date))
        secret = self._keyring.secret(key_id, request.headers.get("x-oss-security-token", ""))
        text = string_to_sign_v1(request.method, request.target, request.headers, date)
        compare(signature, signature_v1(secret, text))

    def _url_v1(self, request: Signed) -> None:
        key_id, expires, signature = _required(request.target, _V1_URL)
        if not _SECONDS.fullmatch(expires):
            raise access_denied("Invalid date (should be seconds since epoch).")
        refuse_expired(int(expires))
        secret = self._keyring.secret(key_id, request.target.parameter("security-token") or "")
        text = string_to_sign_v1(request.method, request.target, request.headers, expires)
        compare(signature, signature_v1(secret, text))

    def _header_v4(self, request: Signed, fields: Mapping[str, str]) -> None:
        moment = request.headers.get("x-oss-date", "")
        refuse_skew(iso_date(moment))
        if "x-oss-content-sha256" not in request.headers:
            text = "Header x-oss-content-sha256 is required."
            raise invalid_argument("x-oss-content-sha256", "", text)
        key_id, scope = self._keyring.scope(fields.get("Credential", ""), moment)
        secret = self._keyring.secret(key_id, request.headers.get("x-oss-security-token", ""))
        additional = _listed(fields.get("AdditionalHeaders"))
        canonical = canonical_request_v4(
            request.method, request.target, request.headers, additional
        )
        compare(fields.get("Signature", ""), signature_v4(secret, scope, moment, canonical))

    def _url_v4(self, request: Signed) -> None:
        target = request.target
        credential, moment, expires, signature = _required(target, _V4_URL)
        if not _SECONDS.fullmatch(expires) or not 1 <= int(expires) <= LONGEST_V4_S:
            text = f"x-oss-expires must be between 1 and {LONGEST_V4_S} seconds."
            raise invalid_argument("x-oss-expires", expires, text)
        signed_at = iso_date(moment)
        refuse_future(signed_at)
        refuse_expired(signed_at + int(expires))
        key_id, scope = self._keyring.scope(credential, moment)
        secret = self._keyring.secret(key_id, target.parameter("x-oss-security-token") or "")
        additional = _listed(target.parameter("x-oss-additional-headers"))
        unsigned = tuple(pair for pair in target.query if pair[0] != "x-oss-signature")
        signed = replace(target, query=unsigned)
        canonical = canonical_request_v4(request.method, signed, request.headers, additional)
        compare(signature, signature_v4(secret, scope, moment, canonical))


def _required(target: Target, names: tuple[str, ...]) -> list[str]:
    found = [target.parameter(name) for name in names]
    missing = [name for name, value in zip(names, found, strict=True) if not value]
    if missing:
        raise access_denied(f"Query string authentication requires {', '.join(missing)}.")
    return [value or "" for value in found]


def _listed(names: str | None) -> list[str]:
    return names.lower().split(";") if names else []
