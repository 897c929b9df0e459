"""Bearer token authentication (RFC 6750), for deployments whose platform lets everyone in.

By default the platform has already checked a signature (`authType: function`, `AWS_IAM`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facescreen.errors import InvalidSettingsError
from facescreen.http.problems import HttpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.settings.table import TokenSettings

_TOKEN_ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
]
"""Public keys only: with a shared secret, everyone who can verify a token can also create one."""

_MAX_TOKEN_CHARS = 8192

PUBLIC_PATHS: set[str] = set()
"""Paths whose routes need no token."""


def allow_anonymous(path: str) -> str:
    """Exempt a path from the token check. Returns `path`, for use in the route's decorator."""
    PUBLIC_PATHS.add(path)
    return path


class TokenVerifier:
    """Verifies JSON Web Tokens with the deployment's key set."""

    def __init__(self, settings: TokenSettings) -> None:
        """Raises InvalidSettingsError if no key of the set is usable."""
        import jwt

        self._settings = settings
        self._jwt = jwt
        try:
            keys = jwt.PyJWKSet.from_json(settings.key_set).keys
        except jwt.PyJWTError:
            raise InvalidSettingsError("JWT_JWKS has no usable key") from None
        self._keys = {key.key_id: key for key in keys}

    def verify(self, headers: Mapping[str, str]) -> str:
        """Check the token in `headers` (lower-case names), and return its caller: its issuer and
        subject, as one string. The tokens without a subject have one caller. Raises HttpError."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _build_unauthorized_error("the request has no bearer token")
        if len(token) > _MAX_TOKEN_CHARS:
            raise _build_unauthorized_error(
                f"the token is longer than {_MAX_TOKEN_CHARS} characters"
            )
        if not token.isascii():
            raise _build_unauthorized_error("the token is not valid: it is not ASCII")
        try:
            header = self._jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if key is None:
                raise _build_unauthorized_error("the token is signed with an unknown key")
            claims = self._jwt.decode(
                token,
                key,
                algorithms=[name for name in _TOKEN_ALGORITHMS if name == key.algorithm_name],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                options={"require": ["exp", "iss", "aud"]},
                leeway=30,
            )
        except self._jwt.PyJWTError as error:
            raise _build_unauthorized_error(
                f"the token is not valid ({type(error).__name__})"
            ) from None
        return json.dumps([claims["iss"], claims.get("sub", "")])


def _build_unauthorized_error(detail: str) -> HttpError:
    return HttpError(
        401,
        "Unauthorized",
        detail,
        "Send a current token in the Authorization header, as Bearer TOKEN.",
    )
