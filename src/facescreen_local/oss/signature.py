"""OSS request signatures, versions 1 and 4: from a request's parts to the expected signature.

Header names are expected in lower case. Text is encoded as it arrived: UTF-8, with lone
surrogates for bytes that are not.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from facescreen_local.oss.request import SUBRESOURCES, Target

ALGORITHM_V4 = "OSS4-HMAC-SHA256"
_TERMINATOR = "aliyun_v4_request"

# Version 1 signs these parameters and no others.
_SIGNED_V1 = SUBRESOURCES | frozenset(
    [
        "callback",
        "callback-var",
        "continuation-token",
        "endTime",
        "group",
        "img",
        "inventoryId",
        "partNumber",
        "position",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "security-token",
        "sequential",
        "startTime",
        "styleName",
        "versionId",
        "x-oss-ac-forward-allow",
        "x-oss-ac-source-ip",
        "x-oss-ac-subnet-mask",
        "x-oss-ac-vpc-id",
        "x-oss-process",
        "x-oss-request-payer",
        "x-oss-traffic-limit",
    ]
)
_SIGNED_HEADERS_V4 = frozenset({"content-type", "content-md5"})


@dataclass(frozen=True)
class Scope:
    """What a version 4 key is good for: one day (``20231216``), one region, one product."""

    day: str
    region: str
    product: str = "oss"

    @property
    def path(self) -> str:
        """``<day>/<region>/oss/aliyun_v4_request``."""
        return f"{self.day}/{self.region}/{self.product}/{_TERMINATOR}"


def string_to_sign_v1(method: str, target: Target, headers: Mapping[str, str], date: str) -> bytes:
    """`date` is the Date header, or a URL's Expires."""
    vendor = "".join(f"{name}:{headers[name]}\n" for name in sorted(_vendor_names(headers)))
    md5, kind = headers.get("content-md5", ""), headers.get("content-type", "")
    return _encoded(f"{method}\n{md5}\n{kind}\n{date}\n{vendor}{_resource_v1(target)}")


def canonical_request_v4(
    method: str, target: Target, headers: Mapping[str, str], additional: Iterable[str] = ()
) -> bytes:
    """`additional` are the header names that the client chose to sign as well, lower case."""
    extra = sorted(set(additional) - _SIGNED_HEADERS_V4 - _vendor_names(headers))
    names = _SIGNED_HEADERS_V4 | _vendor_names(headers) | set(extra)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(names & set(headers)))
    payload = headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    parts = [method, _path(target), _query_v4(target), lines, ";".join(extra), payload]
    return _encoded("\n".join(parts))


def signature_v4(secret: str, scope: Scope, moment: str, canonical_request: bytes) -> str:
    """Hex HMAC-SHA256; `moment` is ``20231216T162057Z``."""
    hashed = hashlib.sha256(canonical_request).hexdigest()
    to_sign = f"{ALGORITHM_V4}\n{moment}\n{scope.path}\n{hashed}"
    return signature_of_text_v4(secret, scope, to_sign)


def signature_of_text_v4(secret: str, scope: Scope, text: str) -> str:
    """Hex HMAC-SHA256 with the key that the scope derives from the secret."""
    return hmac.digest(_key_v4(secret, scope), text.encode(), "sha256").hex()


@lru_cache(maxsize=1000)
def _key_v4(secret: str, scope: Scope) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for part in scope.path.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _resource_v1(target: Target) -> str:
    path = f"/{target.bucket}/{target.key}" if target.bucket else "/"
    signed = sorted(pair for pair in target.query if pair[0] in _SIGNED_V1)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    return f"{path}?{query}" if query else path


def _path(target: Target) -> str:
    path = f"/{target.bucket}/{target.key}" if target.bucket else "/"
    return _quoted(path, "/")


def _query_v4(target: Target) -> str:
    pairs = ((_quoted(name), _quoted(value)) for name, value in target.query)
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


def _vendor_names(headers: Mapping[str, str]) -> set[str]:
    return {name for name in headers if name.startswith("x-oss-")}


def _quoted(text: str, safe: str = "") -> str:
    return quote(_encoded(text), safe=safe)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
