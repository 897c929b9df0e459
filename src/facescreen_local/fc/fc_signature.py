"""The signature of FC 2.0: ``FC <AccessKey ID>:<Base64 of an HMAC-SHA256>``."""

from __future__ import annotations

import base64
import hmac
import re
from urllib.parse import unquote

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.clock import HTTP_DATE_FORMAT, check_clock_skew, parse_utc
from facescreen_local.auth.credentials import check_signature, find_secret
from facescreen_local.auth.headers import MalformedAuthorizationError, require_headers
from facescreen_local.protocol.request import RequestHead

_AUTHORIZATION_PATTERN = re.compile(r"FC ([^:\s]{1,128}):([A-Za-z0-9+/]{43}=)")


def authenticate(head: RequestHead, account: LocalAccount) -> None:
    """Check that the head is signed by a key of the account.

    The signature covers neither the query nor the body: function-compute.md, "FC's own API". Raises
    MissingHeaderError, MalformedAuthorizationError, and the errors of find_secret, check_signature
    and check_clock_skew.
    """
    require_headers(head.headers, ["date"])
    match = _AUTHORIZATION_PATTERN.fullmatch(head.headers.get("authorization", ""))
    if match is None:
        raise MalformedAuthorizationError
    secret = find_secret(account, match[1], head.headers.get("x-fc-security-token", ""))
    check_clock_skew(parse_utc(head.headers["date"], HTTP_DATE_FORMAT))
    check_signature(match[2], _compute_signature(secret, head))


def _compute_signature(secret: str, head: RequestHead) -> str:
    fc_headers = sorted(item for item in head.headers.items() if item[0].startswith("x-fc-"))
    lines = [
        head.method,
        *(head.headers.get(name, "") for name in ("content-md5", "content-type", "date")),
        *(f"{name}:{value}" for name, value in fc_headers),
        unquote(head.path),
    ]
    to_sign = "\n".join(lines).encode(errors="surrogateescape")
    return base64.b64encode(hmac.digest(secret.encode(), to_sign, "sha256")).decode()
