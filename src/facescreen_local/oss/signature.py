"""Computes OSS request signatures, versions 1 and 4.

Header names must be in lower case. Strings are UTF-8, with lone surrogates for other bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from facescreen_local.oss.request import SUBRESOURCES, OssRequestTarget

ALGORITHM_V4 = "OSS4-HMAC-SHA256"
_SCOPE_SUFFIX = "aliyun_v4_request"

# Version 1 signs only these parameters.
_SIGNED_PARAMETERS_V1 = SUBRESOURCES | frozenset(
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
class CredentialScope:
    """The scope of a version 4 signing key: one day (``20231216``), one region, one product."""

    day: str
    region: str
    product: str = "oss"

    @property
    def path(self) -> str:
        """``<day>/<region>/oss/aliyun_v4_request``."""
        return f"{self.day}/{self.region}/{self.product}/{_SCOPE_SUFFIX}"


def build_string_to_sign_v1(
    method: str, target: OssRequestTarget, headers: Mapping[str, str], date: str
) -> bytes:
    """Return the string to sign of version 1. `date` is the Date header, or a URL's Expires."""
    oss_headers = "".join(
        f"{name}:{headers[name]}\n" for name in sorted(_list_oss_header_names(headers))
    )
    md5, content_type = headers.get("content-md5", ""), headers.get("content-type", "")
    return _encode(
        f"{method}\n{md5}\n{content_type}\n{date}\n{oss_headers}{_build_canonical_resource_v1(target)}"
    )


def build_canonical_request_v4(
    method: str,
    target: OssRequestTarget,
    headers: Mapping[str, str],
    additional_headers: Iterable[str] = (),
) -> bytes:
    """Return the canonical request of version 4. `additional_headers` are the names
    of other headers that the client signs, in lower case."""
    additional_names = sorted(
        set(additional_headers) - _SIGNED_HEADERS_V4 - _list_oss_header_names(headers)
    )
    names = _SIGNED_HEADERS_V4 | _list_oss_header_names(headers) | set(additional_names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(names & set(headers)))
    payload = headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    parts = [
        method,
        _build_canonical_path_v4(target),
        _build_canonical_query_v4(target),
        lines,
        ";".join(additional_names),
        payload,
    ]
    return _encode("\n".join(parts))


def sign_request_v4(
    secret: str, scope: CredentialScope, date: str, canonical_request: bytes
) -> str:
    """Sign a canonical request; `date` is like ``20231216T162057Z``. Returns hex."""
    request_hash = hashlib.sha256(canonical_request).hexdigest()
    to_sign = f"{ALGORITHM_V4}\n{date}\n{scope.path}\n{request_hash}"
    return sign_v4(secret, scope, to_sign)


def sign_v4(secret: str, scope: CredentialScope, text: str) -> str:
    """Return the HMAC-SHA256 of `text` with the key for the scope, in hex."""
    return hmac.digest(_derive_key_v4(secret, scope), text.encode(), "sha256").hex()


@lru_cache(maxsize=1000)
def _derive_key_v4(secret: str, scope: CredentialScope) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for part in scope.path.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _build_canonical_resource_v1(target: OssRequestTarget) -> str:
    path = f"/{target.bucket}/{target.key}" if target.bucket else "/"
    signed_parameters = sorted(pair for pair in target.query if pair[0] in _SIGNED_PARAMETERS_V1)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed_parameters)
    return f"{path}?{query}" if query else path


def _build_canonical_path_v4(target: OssRequestTarget) -> str:
    path = f"/{target.bucket}/{target.key}" if target.bucket else "/"
    return _quote(path, "/")


def _build_canonical_query_v4(target: OssRequestTarget) -> str:
    pairs = ((_quote(name), _quote(value)) for name, value in target.query)
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


def _list_oss_header_names(headers: Mapping[str, str]) -> set[str]:
    return {name for name in headers if name.startswith("x-oss-")}


def _quote(text: str, safe: str = "") -> str:
    return quote(_encode(text), safe=safe)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
