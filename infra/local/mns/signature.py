"""The MNS request signature: HMAC-SHA1 over method, MD5, type, date, x-mns headers, resource
(object-storage.md, "MNS / SMQ")."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from infra.local.identity import BadSecurityToken, UnknownAccessKey

from .refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.identity import Identity

_LONGEST_SKEW_S = 15 * 60


def sign(secret: str, method: str, headers: Mapping[str, str], resource: str) -> str:
    """Base64 signature; header names in lower case, `resource` the path with its query."""
    ours = "".join(f"{k}:{headers[k]}\n" for k in sorted(headers) if k.startswith("x-mns-"))
    first = "\n".join(
        [method, *(headers.get(k, "") for k in ("content-md5", "content-type", "date"))]
    )
    text = f"{first}\n{ours}{resource}"
    return base64.b64encode(
        hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    ).decode()


def check(identity: Identity, method: str, headers: Mapping[str, str], resource: str) -> None:
    """Raises Refusal unless the request is signed with a key of the account, and fresh."""
    kind, _, credential = headers.get("authorization", "").partition(" ")
    key_id, _, given = credential.partition(":")
    if kind != "MNS" or not given:
        raise Refusal(403, "AccessDenied", "The Authorization header is missing or malformed.")
    _check_date(headers.get("date", ""))
    try:
        secret = identity.secret_for(key_id, headers.get("security-token", ""))
    except UnknownAccessKey:
        raise Refusal(403, "AccessIDAuthError", "The AccessKey ID does not exist.") from None
    except BadSecurityToken:
        raise Refusal(403, "InvalidSecurityToken", "The security token is not its own.") from None
    if not hmac.compare_digest(sign(secret, method, headers, resource), given):
        text = "The request signature we calculated does not match the one you provided."
        raise Refusal(403, "SignatureDoesNotMatch", text)


def _check_date(given: str) -> None:
    try:
        sent = parsedate_to_datetime(given)
    except ValueError:
        raise Refusal(400, "InvalidDateHeader", "The Date header is not a date.") from None
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=timezone.utc)
    if abs((datetime.now(timezone.utc) - sent).total_seconds()) > _LONGEST_SKEW_S:
        raise Refusal(408, "TimeExpired", "The request is more than 15 minutes old.")
