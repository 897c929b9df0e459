"""Finds the user's credentials."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.errors import InvalidCredentialsError
from facescreen_cli.environment import translate_settings_errors

_NO_CREDENTIALS_MESSAGE = (
    "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, "
    "or name a profile of `aliyun configure` with --profile"
)

_SDK_LOGGER_NAME = "credentials"


@dataclass(frozen=True)
class UserCredentials:
    """A CredentialSource that looks for credentials on first use: on AWS, commands that don't call
    ID Verification need none."""

    profile: str

    def get(self) -> Credentials:
        """Raises click.UsageError if there are none."""
        return self._source.get()

    @cached_property
    def _source(self) -> CredentialSource:
        return find_credentials(self.profile)


@translate_settings_errors()
def find_credentials(profile: str = "") -> CredentialSource:
    """Find credentials with alibabacloud-credentials: of a profile in ``~/.aliyun/config.json`` or
    ``~/.alibabacloud/credentials.ini``, or else with its default chain, which asks the instance
    metadata unless ALIBABA_CLOUD_ECS_METADATA_DISABLED is true.

    Raises click.UsageError if there are none.
    """
    # Imported late: it is slow, and reads the environment when it is imported.
    from alibabacloud_credentials import provider

    # The SDK prints each failure with a traceback, which may repeat a credentials process's output.
    logging.getLogger(_SDK_LOGGER_NAME).disabled = True
    providers: list[Any] = [provider.DefaultCredentialsProvider()]
    if profile:
        providers = [
            provider.CLIProfileCredentialsProvider(profile_name=profile),
            provider.ProfileCredentialsProvider(profile_name=profile),
        ]
    error_message = (
        f"the profile {profile!r} has no credentials" if profile else _NO_CREDENTIALS_MESSAGE
    )
    sources = [_SdkCredentials(each, error_message) for each in providers]
    for source in sources[:-1]:
        if source.has_credentials():
            return source
    sources[-1].get()
    return sources[-1]


@dataclass(frozen=True)
class _SdkCredentials:
    """A provider of the vendor's SDK as a CredentialSource."""

    provider: Any
    error_message: str

    def has_credentials(self) -> bool:
        """Whether the provider has credentials."""
        try:
            self.get()
        except InvalidCredentialsError:
            return False
        return True

    def get(self) -> Credentials:
        """The SDK's error text is dropped: it may repeat a credentials process's output."""
        from alibabacloud_credentials.exceptions import CredentialException
        from Tea.exceptions import RetryError, TeaException

        try:
            credentials = self.provider.get_credentials()
        except (CredentialException, TeaException, RetryError, ValueError, OSError):
            raise InvalidCredentialsError(self.error_message) from None
        return Credentials(
            credentials.get_access_key_id(),
            credentials.get_access_key_secret(),
            credentials.get_security_token() or "",
        )
