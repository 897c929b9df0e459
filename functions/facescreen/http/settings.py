"""The settings of the HTTP trigger alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facescreen.environment import EnvironmentReader

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHENTICATIONS = ("function", "anonymous")
_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]{1,255}")


@dataclass(frozen=True)
class TokenSettings:
    """Whose bearer tokens are taken."""

    key_set: str = field(repr=False)
    """A JSON Web Key Set of public keys."""
    issuer: str
    audience: str


@dataclass(frozen=True)
class WebSettings:
    """Checked, like Settings."""

    page: bool
    longest_s: float
    """When an answer is given up: callers and gateways wait less than a function may run."""
    url_allowed_origins: tuple[str, ...]
    """Origins that callers' URLs may name although they would be refused."""
    cors_origins: tuple[str, ...]
    tokens: TokenSettings | None

    @classmethod
    def from_env(cls, environment: Mapping[str, str], *, local: bool) -> WebSettings:
        """Raises BadSettings; also for a trigger that anybody could spend money with."""
        read = EnvironmentReader(environment)
        settings = cls(
            page=read.switch("PAGE", default=True),
            longest_s=read.number("HTTP_LONGEST_SECONDS", 5, 600, 28),
            url_allowed_origins=_origins(read, "URL_ALLOWED_ORIGINS"),
            cors_origins=_origins(read, "CORS_ORIGINS"),
            tokens=_tokens(read, environment),
        )
        authentication = read.choice("HTTP_AUTH", AUTHENTICATIONS, "function")
        if authentication == "anonymous" and settings.tokens is None and not local:
            read.wrong.append(
                "HTTP_AUTH=anonymous lets anybody spend your money: set JWT_JWKS, JWT_ISSUER and "
                "JWT_AUDIENCE too, or HTTP_AUTH=function"
            )
        read.check()
        return settings


def _origins(read: EnvironmentReader, name: str) -> tuple[str, ...]:
    origins = tuple(origin.lower().rstrip("/") for origin in read.listed(name))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            read.wrong.append(f"{name} must be origins such as https://kyc.example, with commas")
            break
    return origins


def _tokens(read: EnvironmentReader, environment: Mapping[str, str]) -> TokenSettings | None:
    names = ("JWT_JWKS", "JWT_ISSUER", "JWT_AUDIENCE")
    given = [environment.get(name, "").strip() for name in names]
    if not any(given):
        return None
    missing = [name for name, value in zip(names, given, strict=True) if not value]
    if missing:
        read.wrong.append(f"bearer tokens need {', '.join(missing)} too")
    elif not _is_key_set(given[0]):
        read.wrong.append(
            "JWT_JWKS must be a JSON Web Key Set of public keys, each with a kid of its own"
        )
    return TokenSettings(*given)


def _is_key_set(text: str) -> bool:
    try:
        keys: Any = json.loads(text)["keys"]
        names = {key["kid"] for key in keys if key["kid"] and isinstance(key["kid"], str)}
        return 0 < len(names) == len(keys) and all(
            key["kty"] in ("RSA", "EC", "OKP") and "d" not in key for key in keys
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
