"""Who may ask, where the platform in front leaves that to us: a bearer token (RFC 6750).

By default the platform has checked a signature already (`authType: function`, `AWS_IAM`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.errors import InvalidSettingsError
from facescreen.http.problems import HttpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.settings.table import TokenSettings

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Public keys only: with a shared secret, whoever can check a token can make one."""

_LONGEST = 8192

OPEN_PATHS: set[str] = set()
"""Paths whose routes need no token."""


def open_to_everyone(path: str) -> str:
    """Let a route answer without a token; returns `path`, for the route's decorator."""
    OPEN_PATHS.add(path)
    return path


class Tokens:
    """Checks JSON Web Tokens against the deployment's key set."""

    def __init__(self, settings: TokenSettings) -> None:
        """Raises InvalidSettingsError where no key of the set can be used."""
        import jwt

        self._settings = settings
        self._jwt = jwt
        try:
            keys = jwt.PyJWKSet.from_json(settings.key_set).keys
        except jwt.PyJWTError:
            raise InvalidSettingsError("JWT_JWKS has no usable key") from None
        self._keys = {key.key_id: key for key in keys}

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises HttpError unless there is a valid token. `headers` by lower-case name."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("no bearer token was given")
        if len(token) > _LONGEST:
            raise _unauthorized(f"the token is longer than {_LONGEST} characters")
        if not token.isascii():
            raise _unauthorized("the token is not valid (it is not ASCII)")
        try:
            header = self._jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if key is None:
                raise _unauthorized("the token is signed by a key that is not known here")
            self._jwt.decode(
                token,
                key,
                algorithms=[name for name in _ALGORITHMS if name == key.algorithm_name],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                options={"require": ["exp", "iss", "aud"]},
                leeway=30,
            )
        except self._jwt.PyJWTError as error:
            raise _unauthorized(f"the token is not valid ({type(error).__name__})") from None


def _unauthorized(detail: str) -> HttpError:
    return HttpError(401, "Unauthorized", detail, "Send Authorization: Bearer with a fresh token.")
