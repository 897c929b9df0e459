"""Finds the secret of the AccessKey that signed a request, and compares signatures."""

from __future__ import annotations

import base64
import hmac

from facescreen_local.auth.account import LocalAccount


class AccessKeyError(Exception):
    """The account has no such key, or the token does not belong to it."""

    def __init__(self, access_key_id: str) -> None:
        super().__init__(access_key_id)
        self.access_key_id = access_key_id


class UnknownAccessKeyError(AccessKeyError):
    """The account has no key with this ID."""


class MissingSecurityTokenError(AccessKeyError):
    """The key is temporary and was sent without its token."""


class InvalidSecurityTokenError(AccessKeyError):
    """The token does not belong to the key."""


class SignatureMismatchError(Exception):
    """The signature does not match the request."""

    def __init__(self, presented: str) -> None:
        super().__init__()
        self.presented = presented


def find_secret(account: LocalAccount, access_key_id: str, security_token: str) -> str:
    """Return the secret to check a signature with. `security_token` is empty if none was sent.

    Raises UnknownAccessKeyError, MissingSecurityTokenError, InvalidSecurityTokenError.
    """
    key = account.find_key(access_key_id)
    if key is None:
        raise UnknownAccessKeyError(access_key_id)
    if key.security_token and not security_token:
        raise MissingSecurityTokenError(access_key_id)
    if key.security_token != security_token:
        raise InvalidSecurityTokenError(access_key_id)
    return key.access_key_secret


def check_signature(presented: str, expected: str) -> None:
    """Compare two signatures. `presented` may contain surrogates; `expected` is ASCII.

    Raises SignatureMismatchError.
    """
    if not hmac.compare_digest(presented.encode("utf-8", "surrogateescape"), expected.encode()):
        raise SignatureMismatchError(presented)


def hmac_sha1(secret: str, to_sign: bytes) -> str:
    """Compute the signature of OSS version 1 and of MNS, in Base64."""
    return base64.b64encode(hmac.digest(secret.encode(), to_sign, "sha1")).decode()
