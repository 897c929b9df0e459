"""Who sends a request: its Authorization header, checked with its Date and STS token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time

from facescreen_local.auth.account import Identity
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    UnknownAccessKeyError,
    find_secret,
)
from facescreen_local.mns.errors import MnsError
from facescreen_local.mns.signature import signature, string_to_sign

SKEW_S = 15 * 60
VERSION = "2015-06-06"

_AUTHORIZATION = re.compile(r"MNS ([^:\s]+):(\S+)")


def check_sender(
    identity: Identity, method: str, resource: str, headers: Mapping[str, str]
) -> None:
    """Returns if the request may pass; header names in lower case. Raises MnsError."""
    key_id, presented = _authorization(headers)
    _check_version(headers)
    _check_date(headers)
    secret = _secret(identity, key_id, headers.get("security-token", ""))
    expected = signature(secret, string_to_sign(method, resource, headers))
    if not hmac.compare_digest(presented.encode("utf-8", "surrogateescape"), expected.encode()):
        text = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        )
        raise MnsError(403, "SignatureDoesNotMatch", text)


def check_body(headers: Mapping[str, str], body: bytes) -> None:
    """Holds the body to Content-MD5, if it is given. Raises MnsError InvalidDegist (sic)."""
    given = headers.get("content-md5")
    md5 = hashlib.md5(body, usedforsecurity=False)
    # The documentation means RFC 1864; the vendor's SDKs encode the digest's hex form.
    known = [base64.b64encode(form).decode() for form in (md5.digest(), md5.hexdigest().encode())]
    if given is not None and given not in known:
        raise MnsError(400, "InvalidDegist", "The Content-MD5 you specified is invalid.")


def _authorization(headers: Mapping[str, str]) -> tuple[str, str]:
    given = headers.get("authorization")
    if given is None:
        raise MnsError(400, "MissingAuthorizationHeader", "Authorization header is required.")
    found = _AUTHORIZATION.fullmatch(given)
    if found is None:
        text = "The Authorization header format is invalid."
        raise MnsError(400, "InvalidAuthorizationHeader", text)
    return found[1], found[2]


def _check_version(headers: Mapping[str, str]) -> None:
    if headers.get("x-mns-version") != VERSION:
        text = f"The x-mns-version header must be {VERSION}."
        raise MnsError(400, "InvalidVersionHeader", text)


def _check_date(headers: Mapping[str, str]) -> None:
    given = headers.get("date")
    if given is None:
        raise MnsError(400, "MissingDateHeader", "Date header is required.")
    try:
        sent = parsedate_to_datetime(given).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise MnsError(400, "InvalidDateHeader", "The Date header format is invalid.") from None
    if abs(time() - sent) > SKEW_S:
        raise MnsError(408, "TimeExpired", "The http request you sent is expired.")


def _secret(identity: Identity, key_id: str, token: str) -> str:
    try:
        return find_secret(identity, key_id, token)
    except InvalidSecurityTokenError:
        # UNCONFIRMED: the code that the real service has for this.
        text = "The security token you provided is invalid."
        raise MnsError(403, "InvalidSecurityToken", text) from None
    except (UnknownAccessKeyError, MissingSecurityTokenError):
        # Without its token, a temporary key is one that MNS has never heard of.
        raise _unknown_key() from None


def _unknown_key() -> MnsError:
    return MnsError(403, "InvalidAccessKeyId", "The AccessKey Id you provided is not exist.")
