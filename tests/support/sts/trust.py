"""Whom the account trusts: an OIDC provider and its tokens, and the roles they may assume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

from tests.support.sts.errors import StsError

_TOKEN = "AuthenticationFail.OIDCToken"
_LONGEST_TOKEN = 20_000
_REQUIRED = ("iss", "sub", "aud", "exp", "iat")


@dataclass(frozen=True)
class Role:
    """A RAM role. Its trust policy takes one provider's tokens, where ``oidc:sub`` is `subject`."""

    arn: str
    provider_arn: str
    subject: str

    def check_trust(self, provider_arn: str, subject: str) -> None:
        """Raises StsError for a caller whom the trust policy does not name."""
        if (provider_arn, subject) != (self.provider_arn, self.subject):
            raise StsError("AuthenticationFail.NoPermission", "There is no permission.")


@dataclass(frozen=True)
class OidcProvider:
    """An OIDC identity provider as RAM knows it. `keys` is the key set that the issuer publishes;
    here it is given, not downloaded."""

    arn: str
    issuer: str
    client_ids: tuple[str, ...]
    keys: jwt.PyJWKSet

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that this provider vouches for. Raises StsError."""
        if not token:
            raise StsError(f"{_TOKEN}.Invalid", "The OIDCToken can not empty.")
        if len(token) > _LONGEST_TOKEN or token.count(".") != 2:
            text = "The number of Jwt field should be divided into 3 parts with '.' ."
            raise StsError(f"{_TOKEN}.Invalid", text)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(token),
                algorithms=["RS256"],
                issuer=self.issuer,
                audience=self.client_ids,
                options={"require": list(_REQUIRED)},
            )
        except jwt.InvalidTokenError as error:
            raise _refusal(error) from None
        return claims

    def _key(self, token: str) -> jwt.PyJWK:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "RS256":
            text = "The algorithm that be specified in Jwt header is unknown."
            raise StsError(f"{_TOKEN}.Invalid", text)
        for key in self.keys.keys:
            if key.key_id == header.get("kid"):
                return key
        raise jwt.InvalidSignatureError


def _refusal(error: jwt.InvalidTokenError) -> StsError:
    for kind, code, text in _BY_ERROR:
        if isinstance(error, kind):
            return StsError(f"{_TOKEN}.{code}", text)
    return StsError(f"{_TOKEN}.Invalid", "The Jwt content is invalid that cannot be recognized.")


_BY_ERROR: tuple[tuple[type[jwt.InvalidTokenError], str, str], ...] = (
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
