"""Checks a request's Authorization header, Date, STS token and Content-MD5."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.clock import check_clock_skew, parse_http_date
from facescreen_local.auth.credentials import check_signature, find_secret, hmac_sha1
from facescreen_local.mns.errors import MnsError

API_VERSION = "2015-06-06"

_AUTHORIZATION_PATTERN = re.compile(r"MNS ([^:\s]+):(\S+)")


def authenticate(
    account: LocalAccount, method: str, resource: str, headers: Mapping[str, str]
) -> None:
    """Check that the request is signed by a key of the account.

    `resource` is the path with its query, both as sent; header names are in lower case. Raises one
    of REQUEST_ERRORS.
    """
    key_id, signature = _parse_authorization(headers)
    _check_version(headers)
    _check_date(headers)
    secret = find_secret(account, key_id, headers.get("security-token", ""))
    check_signature(signature, hmac_sha1(secret, _build_string_to_sign(method, resource, headers)))


def check_content_md5(headers: Mapping[str, str], body: bytes) -> None:
    """Check the body against Content-MD5, if that header is present.

    Raises MnsError InvalidDegist (the vendor's spelling).
    """
    content_md5 = headers.get("content-md5")
    md5 = hashlib.md5(body, usedforsecurity=False)
    # The documentation asks for RFC 1864; the vendor's SDKs encode the digest's hex form.
    accepted = [
        base64.b64encode(digest).decode() for digest in (md5.digest(), md5.hexdigest().encode())
    ]
    if content_md5 is not None and content_md5 not in accepted:
        raise MnsError(400, "InvalidDegist", "The Content-MD5 you specified is invalid.")


def _parse_authorization(headers: Mapping[str, str]) -> tuple[str, str]:
    authorization = headers.get("authorization")
    if authorization is None:
        raise MnsError(400, "MissingAuthorizationHeader", "Authorization header is required.")
    match = _AUTHORIZATION_PATTERN.fullmatch(authorization)
    if match is None:
        message = "The Authorization header format is invalid."
        raise MnsError(400, "InvalidAuthorizationHeader", message)
    return match[1], match[2]


def _check_version(headers: Mapping[str, str]) -> None:
    if headers.get("x-mns-version") != API_VERSION:
        message = f"The x-mns-version header must be {API_VERSION}."
        raise MnsError(400, "InvalidVersionHeader", message)


def _check_date(headers: Mapping[str, str]) -> None:
    date = headers.get("date")
    if date is None:
        raise MnsError(400, "MissingDateHeader", "Date header is required.")
    check_clock_skew(parse_http_date(date))


def _build_string_to_sign(method: str, resource: str, headers: Mapping[str, str]) -> bytes:
    """Return the string to sign as the bytes that were sent: aiohttp keeps bytes that are not
    UTF-8 as lone surrogates."""
    standard_headers = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    mns_headers = sorted(name for name in headers if name.startswith("x-mns-"))
    lines = [
        method,
        *standard_headers,
        *(f"{name}:{headers[name]}" for name in mns_headers),
        resource,
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape")
