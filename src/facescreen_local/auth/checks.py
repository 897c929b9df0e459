"""What every signature scheme checks: whose key it is, how old it is, whether it matches."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone

from facescreen_local.auth.account import Identity
from facescreen_local.auth.credentials import (
    InvalidSecurityTokenError,
    MissingSecurityTokenError,
    UnknownAccessKeyError,
    find_secret,
)
from facescreen_local.fc.errors import Refused

WINDOW = timedelta(minutes=15)
"""How far a request's date may lie from now."""


def require(headers: Mapping[str, str], names: Iterable[str]) -> None:
    """Raises Refused unless all the headers are there."""
    for name in names:
        if name not in headers:
            message = f"required HTTP header {name} was not specified"
            raise Refused(400, "MissingRequiredHeader", message)


def secret_of(identity: Identity, key_id: str, token: str) -> str:
    """The secret to sign with. Raises Refused; UNCONFIRMED: the code for a wrong token."""
    try:
        return find_secret(identity, key_id, token)
    except UnknownAccessKeyError as error:
        message = f"invalid access key ID {key_id[:40]!r}"
        raise Refused(403, "InvalidAccessKeyID", message) from error
    except (MissingSecurityTokenError, InvalidSecurityTokenError) as error:
        raise Refused(403, "InvalidSecurityToken", "the security token is not valid") from error


def check_date(text: str, form: str) -> None:
    """Raises Refused unless `text`, a UTC date of `form`, is now. UNCONFIRMED: the codes."""
    try:
        sent = datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    except ValueError as error:
        message = f"the request's date is not of the form {form}"
        raise Refused(400, "InvalidArgument", message) from error
    if abs(datetime.now(timezone.utc) - sent) > WINDOW:
        message = "the difference between the request time and the current time is too large"
        raise Refused(403, "RequestExpired", message)


def check_match(calculated: str, claimed: str) -> None:
    """Raises Refused unless the two signatures are the same. Both are ASCII."""
    if not hmac.compare_digest(calculated, claimed):
        raise not_matching()


def malformed() -> Refused:
    """The refusal of an Authorization header that cannot be read, or is not there."""
    return Refused(400, "InvalidArgument", "invalid authorization")


def not_matching() -> Refused:
    """The refusal of a signature that is not the request's."""
    return Refused(
        403,
        "SignatureNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your access key and signing method",
    )
