"""Who sends a request: its Authorization header, checked with its Date and STS token."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from facescreen_local.auth.account import Identity
from facescreen_local.auth.clock import check_window, parse_http_date
from facescreen_local.auth.credentials import check_signature, find_secret, hmac_sha1
from facescreen_local.mns.errors import MnsError

VERSION = "2015-06-06"

_AUTHORIZATION = re.compile(r"MNS ([^:\s]+):(\S+)")


def check_sender(
    identity: Identity, method: str, resource: str, headers: Mapping[str, str]
) -> None:
    """Check that the request is signed by a key of the account.

    `resource` is the path with its query, both as they were sent; header names are in lower case.
    Raises one of ERRORS.
    """
    key_id, presented = _authorization(headers)
    _check_version(headers)
    _check_date(headers)
    secret = find_secret(identity, key_id, headers.get("security-token", ""))
    check_signature(presented, hmac_sha1(secret, _string_to_sign(method, resource, headers)))


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
    check_window(parse_http_date(given))


def _string_to_sign(method: str, resource: str, headers: Mapping[str, str]) -> bytes:
    """As it arrived: UTF-8, with lone surrogates for bytes that are not."""
    plain = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    vendor = sorted(name for name in headers if name.startswith("x-mns-"))
    lines = [method, *plain, *(f"{name}:{headers[name]}" for name in vendor), resource]
    return "\n".join(lines).encode("utf-8", "surrogateescape")
