"""Credentials from an AccessKey in AWS Secrets Manager, which may be rotated there."""

from __future__ import annotations

import json
import re
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen.clients.credentials import Credentials
from facescreen.clients.refreshing_credentials import (
    CredentialLease,
    RefreshingCredentials,
    create_credentials_error_translator,
)
from facescreen.errors import InvalidCredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

_REFRESH_AFTER_S = 5 * 60
"""So a rotated key is used within this time."""
_EXPIRE_AFTER_S = 60 * 60
"""How long a value is used while the secret can't be read."""
_VALUE_PATTERN = re.compile("[!-~]{1,4096}")
_EXAMPLE_JSON = '{"access_key_id": "…", "access_key_secret": "…"}'
_REMEDIES_BY_CODE = {
    "ResourceNotFoundException": "check ALIBABA_SECRET_ARN, and that the secret has a value",
    "InvalidRequestException": "restore the secret if it is marked for deletion",
    "AccessDeniedException": "allow the function's role secretsmanager:GetSecretValue on it, and "
    "kms:Decrypt where its key is one of yours",
    "DecryptionFailure": "allow the function's role kms:Decrypt on the secret's key",
}


class SecretsManagerCredentials(RefreshingCredentials):
    """The AccessKey in the secret `secret_arn`: JSON with `access_key_id`, `access_key_secret` and
    optionally `security_token`. The region is the ARN's."""

    def __init__(self, secret_arn: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._arn = secret_arn

    def fetch(self) -> CredentialLease:
        from facescreen.clients.boto import translate_aws_errors

        with translate_aws_errors(
            "Secrets Manager", create_credentials_error_translator(_REMEDIES_BY_CODE)
        ):
            response = self._client.get_secret_value(SecretId=self._arn)
        now = self._clock()
        return CredentialLease(
            _parse_secret(response.get("SecretString")),
            now + _REFRESH_AFTER_S,
            now + _EXPIRE_AFTER_S,
        )

    @cached_property
    def _client(self) -> Any:
        import boto3

        from facescreen.clients.boto import create_client

        return create_client(
            boto3.Session(region_name=self._arn.split(":")[3]), "secretsmanager", ""
        )


def _parse_secret(text: str | None) -> Credentials:
    try:
        fields = json.loads(text or "")
    except (ValueError, RecursionError):
        fields = None
    # Raised outside the except block: json's error contains the whole text.
    if not isinstance(fields, dict):
        raise InvalidCredentialsError(f"the secret is not a JSON object such as {_EXAMPLE_JSON}")
    token = _require_value(fields, "security_token") if fields.get("security_token") else ""
    return Credentials(
        _require_value(fields, "access_key_id"), _require_value(fields, "access_key_secret"), token
    )


def _require_value(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, str) and _VALUE_PATTERN.fullmatch(value):
        return value
    wrong = "is not a string of printable ASCII without spaces" if value else "is missing or empty"
    raise InvalidCredentialsError(f"the secret's {name} {wrong}; it must be like {_EXAMPLE_JSON}")
