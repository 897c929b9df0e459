"""FC 2.0's own signature: ``FC <AccessKey ID>:<Base64 of an HMAC-SHA256>``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from urllib.parse import unquote

from facescreen_local.auth.account import Identity
from facescreen_local.auth.checks import check_date, check_match, malformed, require, secret_of
from facescreen_local.protocol.request import Head

_AUTHORIZATION = re.compile(r"FC ([^:\s]{1,128}):([A-Za-z0-9+/]{43}=)")


def check(head: Head, identity: Identity) -> None:
    """Raises Refused unless the head is signed by a key of the account.

    Neither the query nor the body is covered: function-compute.md, "FC's own API".
    """
    require(head.headers, ["date"])
    found = _AUTHORIZATION.fullmatch(head.headers.get("authorization", ""))
    if found is None:
        raise malformed()
    secret = secret_of(identity, found[1], head.headers.get("x-fc-security-token", ""))
    check_date(head.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
    check_match(_signature(secret, head), found[2])


def _signature(secret: str, head: Head) -> str:
    own = sorted(item for item in head.headers.items() if item[0].startswith("x-fc-"))
    lines = [
        head.method,
        *(head.headers.get(name, "") for name in ("content-md5", "content-type", "date")),
        *(f"{name}:{value}" for name, value in own),
        unquote(head.path),
    ]
    to_sign = "\n".join(lines).encode(errors="surrogateescape")
    return base64.b64encode(hmac.new(secret.encode(), to_sign, hashlib.sha256).digest()).decode()
