"""An AccessKey that is kept in AWS Secrets Manager, and may be rotated there."""

from __future__ import annotations

import json
import re
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen.clients.credentials import Credentials
from facescreen.clients.refreshing_credentials import Lease, RenewedCredentials, refused
from facescreen.errors import InvalidCredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_S = 5 * 60
"""A rotated key is used so soon."""
_OUTLIVES_S = 60 * 60
"""How old a value may be that serves on while the secret can't be read."""
_VALUE = re.compile("[!-~]{1,4096}")
_FORM = '{"access_key_id": "…", "access_key_secret": "…"}'
_REMEDIES = {
    "ResourceNotFoundException": "check ALIBABA_SECRET_ARN, and that the secret has a value",
    "InvalidRequestException": "restore the secret if it is marked for deletion",
    "AccessDeniedException": "allow the function's role secretsmanager:GetSecretValue on it, and "
    "kms:Decrypt where its key is one of yours",
    "DecryptionFailure": "allow the function's role kms:Decrypt on the secret's key",
}


class SecretCredentials(RenewedCredentials):
    """The AccessKey in the secret `secret_arn`: JSON with `access_key_id`, `access_key_secret`,
    and maybe `security_token`. Its region is the ARN's."""

    def __init__(self, secret_arn: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._arn = secret_arn

    def fetch(self) -> Lease:
        from facescreen.clients.boto import translate_aws_errors

        with translate_aws_errors("Secrets Manager", refused(_REMEDIES)):
            answer = self._client.get_secret_value(SecretId=self._arn)
        now = self._clock()
        return Lease(_read(answer.get("SecretString")), now + _KEPT_S, now + _OUTLIVES_S)

    @cached_property
    def _client(self) -> Any:
        import boto3

        from facescreen.clients.boto import connect

        return connect(boto3.Session(region_name=self._arn.split(":")[3]), "secretsmanager", "")


def _read(text: str | None) -> Credentials:
    try:
        given = json.loads(text or "")
    except (ValueError, RecursionError):
        given = None
    # Raised out here, for json's error holds the whole text.
    if not isinstance(given, dict):
        raise InvalidCredentialsError(f"the secret's text is no JSON object such as {_FORM}")
    token = _value(given, "security_token") if given.get("security_token") else ""
    return Credentials(_value(given, "access_key_id"), _value(given, "access_key_secret"), token)


def _value(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if isinstance(value, str) and _VALUE.fullmatch(value):
        return value
    wrong = "is no text of printable ASCII without spaces" if value else "is missing or empty"
    raise InvalidCredentialsError(f"the secret's {name} {wrong}; it must be like {_FORM}")
