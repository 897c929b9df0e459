"""The vendor's published signature examples, with the key ``ak`` and the secret ``sk``."""

from __future__ import annotations

import pytest

from facescreen_local.auth.credentials import hmac_sha1
from facescreen_local.oss.request import OssRequestTarget
from facescreen_local.oss.signature import (
    CredentialScope,
    build_canonical_request_v4,
    build_string_to_sign_v1,
    sign_request_v4,
)

_DATE = "Wed, 28 Dec 2022 10:27:41 GMT"
_HEADERS_V1 = {
    "content-md5": "eB5eJF1ptWaXm4bijSPyxw==",
    "content-type": "text/html",
    "x-oss-date": _DATE,
    "x-oss-meta-author": "alice",
    "x-oss-meta-magic": "abracadabra",
    "user-agent": "not signed",
}
_QUERY_V4 = (
    ("param1", "value1"),
    ("+param1", "value3"),
    ("|param1", "value4"),
    ("+param2", ""),
    ("|param2", ""),
    ("param2", ""),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ((("prefix", "not-signed"),), "kSHKmLxlyEAKtZPkJhG9bZb5k7M="),
        ((("acl", ""),), "/afkugFbmWDQ967j1vr6zygBLQk="),
    ],
)
def test_a_v1_header_signature_matches_the_vendors(
    query: tuple[tuple[str, str], ...], expected: str
) -> None:
    target = OssRequestTarget("examplebucket", "nelson", query)
    text = build_string_to_sign_v1("PUT", target, _HEADERS_V1, _DATE)
    assert hmac_sha1("sk", text) == expected


@pytest.mark.parametrize(
    ("key", "expires", "query", "expected"),
    [
        ("key", "1699807420", (("versionId", "versionId"),), "dcLTea+Yh9ApirQ8o8dOPqtvJXQ="),
        (
            "key+123",
            "1699808204",
            (("versionId", "versionId"), ("security-token", "token")),
            "jzKYRrM5y6Br0dRFPaTGOsbrDhY=",
        ),
    ],
)
def test_a_v1_url_signature_matches_the_vendors(
    key: str, expires: str, query: tuple[tuple[str, str], ...], expected: str
) -> None:
    text = build_string_to_sign_v1("GET", OssRequestTarget("bucket", key, query), {}, expires)
    assert hmac_sha1("sk", text) == expected


def test_a_v4_header_signature_matches_the_vendors() -> None:
    moment = "20231216T162057Z"
    headers = {
        "x-oss-head1": "value",
        "abc": "not signed",
        "content-type": "text/plain",
        "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
        "x-oss-date": moment,
    }
    target = OssRequestTarget("bucket", "1234+-/123/1.txt", _QUERY_V4)
    canonical = build_canonical_request_v4("PUT", target, headers)
    scope = CredentialScope(moment[:8], "cn-hangzhou")
    expected = "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"
    assert sign_request_v4("sk", scope, moment, canonical) == expected


@pytest.mark.parametrize(
    ("moment", "token", "expected"),
    [
        (
            "20231217T025437Z",
            "",
            "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe",
        ),
        (
            "20231217T035628Z",
            "token",
            "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5",
        ),
    ],
)
def test_a_v4_url_signature_matches_the_vendors(moment: str, token: str, expected: str) -> None:
    scope = CredentialScope(moment[:8], "cn-hangzhou")
    query = (
        *_QUERY_V4,
        ("x-oss-signature-version", "OSS4-HMAC-SHA256"),
        ("x-oss-date", moment),
        ("x-oss-expires", "599"),
        ("x-oss-credential", f"ak/{scope.path}"),
        *((("x-oss-security-token", token),) if token else ()),
    )
    headers = {"x-oss-head1": "value", "content-type": "application/octet-stream"}
    canonical = build_canonical_request_v4(
        "PUT", OssRequestTarget("bucket", "1234+-/123/1.txt", query), headers
    )
    assert sign_request_v4("sk", scope, moment, canonical) == expected
