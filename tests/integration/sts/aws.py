"""AWS STS with only GetWebIdentityToken, which moto lacks, for an unmodified boto3."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from facescreen_local.protocol.service import Service

ISSUER = "https://0f2a6b1c-0000-4000-8000-000000000000.tokens.sts.global.api.aws"
AUDIENCE = "sts.aliyuncs.com"
AWS_ROLE_ARN = "arn:aws:iam::123456789012:role/facescreen"
REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "ASIAFACESCREEN",
    "AWS_SECRET_ACCESS_KEY": "s3cret",
    "AWS_SESSION_TOKEN": "t0ken",
    "AWS_DEFAULT_REGION": REGION,
}
"""As Lambda sets it."""

_KEY_ID = "RSA_0"
_AUTHORIZATION = re.compile(
    rf"AWS4-HMAC-SHA256 Credential=ASIAFACESCREEN/\d{{8}}/{REGION}/sts/aws4_request, "
    r"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}"
)


class FakeAwsSts(Service):
    """An AWS STS that signs tokens for AWS_ROLE_ARN with its own key.

    It checks only the form of a request's signature.
    """

    def __init__(self) -> None:
        super().__init__()
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.requests: list[dict[str, str]] = []
        self.signed_tokens: list[str] = []

    @property
    def keys(self) -> jwt.PyJWKSet:
        """The JWKS that the issuer publishes."""
        published = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return jwt.PyJWKSet.from_dict({"keys": [{**published, "kid": _KEY_ID, "use": "sig"}]})

    def token(self, *, key_id: str = _KEY_ID, **overrides: Any) -> str:
        """Return a token with AWS's claims, changed by `overrides`."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": AWS_ROLE_ARN, "iat": now, "exp": now + 300}
        claims |= {"jti": "0001", "https://sts.amazonaws.com/": {"aws_account": "123456789012"}}
        return jwt.encode(claims | overrides, self._key, "RS256", {"kid": key_id})

    def get_operation_name(self, request: web.BaseRequest) -> str:
        return "GetWebIdentityToken"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        params = dict(parse_qsl((await request.read()).decode()))
        self.requests.append(params)
        if not _AUTHORIZATION.fullmatch(request.headers.get("Authorization", "")):
            return self.build_error_response(
                403, "IncompleteSignature", "not as Lambda signs it", request_id
            )
        if not _is_valid(params):
            return self.build_error_response(
                400, "ValidationError", "not a GetWebIdentityToken", request_id
            )
        duration_s = int(params["DurationSeconds"])
        token = self.token(aud=params["Audience.member.1"], exp=int(time.time()) + duration_s)
        self.signed_tokens.append(token)
        return _xml(
            200,
            "<GetWebIdentityTokenResponse><GetWebIdentityTokenResult>"
            f"<WebIdentityToken>{token}</WebIdentityToken><Expiration>2026-01-01T00:00:00Z"
            "</Expiration></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>",
        )

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        return _xml(
            status,
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        )


def _is_valid(params: Mapping[str, str]) -> bool:
    return (
        (params.get("Action"), params.get("Version")) == ("GetWebIdentityToken", "2011-06-15")
        and params.get("SigningAlgorithm") in ("RS256", "ES384")
        and "Audience.member.1" in params
        and 60 <= int(params.get("DurationSeconds", 300)) <= 3600
    )


def _xml(status: int, body: str) -> web.Response:
    return web.Response(status=status, text=body, content_type="text/xml")
