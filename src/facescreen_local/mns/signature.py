"""The MNS request signature: from a request's parts to the expected signature.

Header names are expected in lower case. Text is encoded as it arrived: UTF-8, with lone
surrogates for bytes that are not.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping


def string_to_sign(method: str, resource: str, headers: Mapping[str, str]) -> bytes:
    """`resource` is the path with its query, both as they were sent."""
    plain = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    vendor = sorted(name for name in headers if name.startswith("x-mns-"))
    lines = [method, *plain, *(f"{name}:{headers[name]}" for name in vendor), resource]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def signature(secret: str, to_sign: bytes) -> str:
    """Base64 of the HMAC-SHA1."""
    return base64.b64encode(hmac.digest(secret.encode(), to_sign, "sha1")).decode()
