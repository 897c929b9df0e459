"""The account's OIDC provider, its tokens, and the roles that they may assume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

from tests.support.sts.errors import StsError

_TOKEN_ERROR = "AuthenticationFail.OIDCToken"
_MAX_TOKEN_CHARS = 20_000
_REQUIRED_CLAIMS = ("iss", "sub", "aud", "exp", "iat")


@dataclass(frozen=True)
class Role:
    """A RAM role. Its trust policy allows tokens of one provider with `subject` as ``oidc:sub``."""

    arn: str
    provider_arn: str
    subject: str

    def check_trust(self, provider_arn: str, subject: str) -> None:
        """Raise StsError unless the trust policy allows this caller."""
        if (provider_arn, subject) != (self.provider_arn, self.subject):
            raise StsError("AuthenticationFail.NoPermission", "There is no permission.")


@dataclass(frozen=True)
class OidcProvider:
    """An OIDC identity provider in RAM. `keys` is the issuer's key set, passed in rather than
    downloaded."""

    arn: str
    issuer: str
    client_ids: tuple[str, ...]
    keys: jwt.PyJWKSet

    def verify(self, token: str) -> dict[str, Any]:
        """Verify a token of this provider and return its claims. Raises StsError."""
        if not token:
            raise StsError(f"{_TOKEN_ERROR}.Invalid", "The OIDCToken can not empty.")
        if len(token) > _MAX_TOKEN_CHARS or token.count(".") != 2:
            text = "The number of Jwt field should be divided into 3 parts with '.' ."
            raise StsError(f"{_TOKEN_ERROR}.Invalid", text)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._signing_key(token),
                algorithms=["RS256"],
                issuer=self.issuer,
                audience=self.client_ids,
                options={"require": list(_REQUIRED_CLAIMS)},
            )
        except jwt.InvalidTokenError as error:
            raise _to_sts_error(error) from None
        return claims

    def _signing_key(self, token: str) -> jwt.PyJWK:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "RS256":
            text = "The algorithm that be specified in Jwt header is unknown."
            raise StsError(f"{_TOKEN_ERROR}.Invalid", text)
        for key in self.keys.keys:
            if key.key_id == header.get("kid"):
                return key
        raise jwt.InvalidSignatureError


def _to_sts_error(error: jwt.InvalidTokenError) -> StsError:
    for error_type, code, message in _BY_ERROR_TYPE:
        if isinstance(error, error_type):
            return StsError(f"{_TOKEN_ERROR}.{code}", message)
    return StsError(
        f"{_TOKEN_ERROR}.Invalid", "The Jwt content is invalid that cannot be recognized."
    )


_BY_ERROR_TYPE: tuple[tuple[type[jwt.InvalidTokenError], str, str], ...] = (
    (
        jwt.InvalidSignatureError,
        "InvalidSignature",
        "OIDC token validate failed: invalid signature.",
    ),
    (jwt.ExpiredSignatureError, "Expired", "This JsonWebToken is expired."),
    (
        jwt.InvalidIssuerError,
        "IssuerNotMatch",
        "The issuer in the OIDC Token doesn't match the OIDC Provider registered.",
    ),
    (jwt.InvalidAudienceError, "AudienceNotMatch", "Invalid audience."),
)
